import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { descriptorsOf } from "../process/sockets.ts";

const CHUNK = Buffer.alloc(64 * 1024);
/** Copied in one look at most, bytes: the agent has other things to do. */
const LOOK_BYTES = 32 * 1024 * 1024;

/**
 * A file that a service still writes to, but that has lost its name: somebody removed or renamed it, or its folder. What is
 * written to it is carried on into the file that has the name now.
 */
export class Stray {
  readonly #file: number;
  #taken: number;

  private constructor(file: number, from: number) {
    this.#file = file;
    this.#taken = from;
  }

  /** Among what these processes hold open, the file of that inode; null where none holds it any more. */
  static find(pids: readonly number[], inode: number, seenBytes: number): Stray | null {
    for (const pid of pids) {
      for (const { fd, target } of descriptorsOf(pid)) {
        if (!target.startsWith("/")) continue;
        const path = `/proc/${pid}/fd/${fd}`;
        if (statSync(path, { throwIfNoEntry: false })?.ino !== inode) continue;
        const file = openSync(path, "r");
        // Renamed, whoever did it has what was there before; removed, nobody has.
        const from = fstatSync(file).nlink > 0 ? Math.min(seenBytes, fstatSync(file).size) : 0;
        return new Stray(file, from);
      }
    }
    return null;
  }

  /** Bytes that were there before, and are not carried on. */
  get skipped(): number {
    return this.#taken;
  }

  /** Appends what is new to `target`. Throws where the disk does not take it: then nothing counts as taken. */
  carryOn(target: number): number {
    let moved = 0;
    for (let read = -1; read !== 0 && moved < LOOK_BYTES;) {
      read = readSync(this.#file, CHUNK, 0, CHUNK.length, this.#taken);
      // A hole: it was put behind before the file lost its name.
      const from = CHUNK.subarray(0, read).findIndex((byte) => byte !== 0);
      if (from > 0) this.#taken += from;
      const wrote = from < 0 ? read : writeSync(target, CHUNK, from, read - from);
      this.#taken += wrote;
      moved += wrote;
    }
    return moved;
  }

  /** True while one of these processes may still write to it. */
  isHeld(pids: readonly number[]): boolean {
    const { ino } = fstatSync(this.#file);
    return pids.some((pid) =>
      descriptorsOf(pid).some(
        ({ fd, target }) =>
          target.startsWith("/") && statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false })?.ino === ino,
      ),
    );
  }

  close(): void {
    closeSync(this.#file);
  }
}
