import { setTimeout as wait } from "node:timers/promises";

/** Waits for a value; a story that waits in vain says for what. The limit is for a slow machine, it measures nothing. */
export async function until<T>(
  what: string,
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  withinMs = 60_000,
): Promise<T> {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    await wait(25);
  }
  throw new Error(`waited ${withinMs / 1000} s in vain for ${what}`);
}
