import { execFile } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { noteShortage } from "./shortage.ts";
import { messageOf } from "../error-words.ts";

/**
 * A FIFO that a service's first process inherits open, and with it all that it starts: while any of them lives it is held,
 * and its end tells at once what the system would not tell a process that is not the parent. A service may close it, so
 * its end is a hint, and /proc has the last word.
 */
export class Lifeline {
  /** As /proc/PID/fd names it, too. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The end for a child, to be closed here after the spawn; null where the system has no such thing. */
  openForChild(): number | null {
    // Both ways: a child that wrote to it would neither block for ever nor be killed by it.
    return this.#open(constants.O_RDWR | constants.O_NONBLOCK);
  }

  /** False: none of those who inherited it lives. Null: not known. */
  isHeld(): boolean | null {
    const file = this.#open(constants.O_RDONLY | constants.O_NONBLOCK);
    if (file === null) return null;
    try {
      return isHeldBehind(file);
    } finally {
      closeSync(file);
    }
  }

  /** Calls `ended` once, when nobody holds it any more. Answers how to stop watching. */
  watch(ended: () => void): () => void {
    const file = this.#open(constants.O_RDONLY | constants.O_NONBLOCK);
    if (file === null) return () => {};
    // A FIFO that was opened after its last writer died never tells of an end: look once first.
    if (!isHeldBehind(file)) {
      closeSync(file);
      const soon = setImmediate(ended);
      return () => clearImmediate(soon);
    }
    const socket = new Socket({ fd: file, readable: true, writable: false });
    socket.on("error", () => socket.destroy());
    socket.once("end", ended);
    socket.resume();
    return () => {
      socket.off("end", ended);
      socket.destroy();
    };
  }

  #open(flags: number): number | null {
    try {
      return openSync(this.path, flags);
    } catch (error) {
      noteShortage(error);
      // No FIFO could be made here, or no descriptor is free: without it, /proc is looked at more often.
      return null;
    }
  }
}

/** Makes the FIFOs that are not there yet, with one process for all. Answers why that was not possible, or null. */
export async function makeLifelines(paths: readonly string[]): Promise<string | null> {
  const missing = paths.filter((path) => !isFifo(path));
  if (missing.length === 0) return null;
  try {
    for (const path of missing) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rmSync(path, { force: true, recursive: true });
    }
    await promisify(execFile)("mkfifo", ["-m", "600", ...missing]);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function isHeldBehind(file: number): boolean {
  try {
    return readSync(file, Buffer.alloc(256)) > 0;
  } catch {
    // EAGAIN: nothing to read, and somebody who could write.
    return true;
  }
}

function isFifo(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}
