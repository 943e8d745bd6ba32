import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { ServiceSpec } from "@afloat/shared/spec";
import { messageOf } from "../error-words.ts";

/** Larger than any password, key or certificate, bytes; the system takes 128 KiB for one variable (execve(2), MAX_ARG_STRLEN). */
const LIMIT_BYTES = 65_536;

/**
 * The values of a service's secrets, read anew for each start and kept by nobody; or why it cannot be started. One line end at the
 * end of a file is not part of its value.
 */
export function readSecrets({
  secretFiles,
}: Pick<ServiceSpec, "secretFiles">): { env: Record<string, string> } | { fault: string } {
  const env = new Map<string, string>();
  for (const [name, path] of Object.entries(secretFiles)) {
    const read = readSecret(path);
    if ("fault" in read) return { fault: `${name} cannot be read from ${path}: ${read.fault}` };
    env.set(name, read.value);
  }
  return { env: Object.fromEntries(env) };
}

function readSecret(path: string): { value: string } | { fault: string } {
  let descriptor: number | null = null;
  try {
    // A FIFO that nobody writes to must not hold the agent.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return { fault: "it is not a file" };
    const bytes = Buffer.alloc(LIMIT_BYTES + 1);
    const length = readWhole(descriptor, bytes);
    if (length > LIMIT_BYTES) return { fault: `it is larger than ${LIMIT_BYTES} bytes` };
    const value = bytes.toString("utf8", 0, length).replace(/\r?\n$/, "");
    return value.includes("\0") ? { fault: "it has a NUL byte in it, which no variable can have" } : { value };
  } catch (error) {
    return { fault: messageOf(error) };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** How many bytes there are, as far as there is room for them. */
function readWhole(descriptor: number, into: Buffer): number {
  let length = 0;
  for (let more = 1; more > 0 && length < into.length; length += more)
    more = readSync(descriptor, into, length, into.length - length, null);
  return length;
}
