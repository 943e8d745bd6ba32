import { tmpdir } from "node:os";
import { join } from "node:path";

/** The longest path of a Unix socket, bytes (sun_path, unix(7)), with room to spare. */
const SOCKET_PATH_LIMIT = 100;

/** Where the control socket of a state folder is: in it, or where that path is too long, in a short one made from its name. */
export function socketPathOf(stateDir: string): string {
  const inside = join(stateDir, "control.sock");
  if (Buffer.byteLength(inside) <= SOCKET_PATH_LIMIT) return inside;
  return join(tmpdir(), `afloat-${process.getuid?.() ?? 0}-${shortHash(stateDir)}.sock`);
}

/** Where `up --daemon` leaves the checked configuration for the daemon. */
export function specPathOf(stateDir: string): string {
  return join(stateDir, "config.json");
}

/** 16 digits of a path (FNV-1a of 64 bits). node:crypto would cost every command more than all the rest of its own work. */
function shortHash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
