import { connect, type Socket } from "node:net";
import { readdirSync, readFileSync } from "node:fs";

/** What becomes of a connection after it has said what it says. */
export type Manners = "reads" | "never reads" | "hangs up";

/**
 * Says some pieces to a control socket, one after the other, and resolves when all are taken, or the other end has hung up. Whoever never
 * reads stays connected: the answer ends it.
 */
export async function pour(path: string, pieces: readonly Uint8Array[], manners: Manners): Promise<() => void> {
  const socket = connect(path);
  // A broken pipe is what is to be expected.
  socket.on("error", () => {});
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  if (manners === "reads") socket.resume();
  else socket.pause();
  for (const piece of pieces) {
    if (socket.destroyed) break;
    if (!socket.write(piece)) await Promise.race([gone, drained(socket), soon()]);
  }
  if (manners === "hangs up") socket.destroy();
  else if (manners === "reads") {
    socket.end();
    await Promise.race([gone, soon()]);
    socket.destroy();
  }
  return () => socket.destroy();
}

const drained = (socket: Socket) => new Promise<void>((resolve) => socket.once("drain", resolve));
/** Nobody may read any more at the other end: that is its right. */
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 250).unref());

/** Resident memory of a process, megabytes. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** How many descriptors it has open. */
export const openIn = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;
