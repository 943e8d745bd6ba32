import { setTimeout as wait } from "node:timers/promises";

/**
 * The agent's own want of descriptors or memory. What is looked for then is not seen, and that says nothing of whether it is
 * there: nobody is dead, and no port closed, for it.
 */

const SHORTAGES = new Set<unknown>(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"]);

/** How soon is looked again where something could not be seen, milliseconds. */
const AGAIN_MS = 100;

let noted = 0;

/** Whoever takes an error for an answer shows it here first. */
export function noteShortage(error: unknown): void {
  if (error instanceof Error && "code" in error && SHORTAGES.has(error.code)) noted++;
}

/** Answers how to ask later whether anything could not be seen since now. Looks of others count as well: in doubt nothing is known. */
export function watchShortage(): () => boolean {
  const before = noted;
  return () => noted !== before;
}

/** Looks again and again until nothing was missed. */
export async function untilSeen<T>(look: () => T): Promise<T> {
  for (;;) {
    const wasShort = watchShortage();
    const seen = look();
    if (!wasShort()) return seen;
    await wait(AGAIN_MS);
  }
}
