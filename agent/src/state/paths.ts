import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The longest path of a Unix socket, bytes (sun_path, unix(7)), with room to spare. */
const SOCKET_PATH_LIMIT = 100;

/** Where the control socket of a state folder is: in it, or where that path is too long, in a short one made from its name. */
export function socketPathOf(stateDir: string): string {
  const inside = join(stateDir, "control.sock");
  if (Buffer.byteLength(inside) <= SOCKET_PATH_LIMIT) return inside;
  const hash = createHash("sha256").update(stateDir).digest("hex").slice(0, 16);
  return join(tmpdir(), `afloat-${process.getuid?.() ?? 0}-${hash}.sock`);
}

/** Where `up --daemon` leaves the checked configuration for the daemon. */
export function specPathOf(stateDir: string): string {
  return join(stateDir, "config.json");
}
