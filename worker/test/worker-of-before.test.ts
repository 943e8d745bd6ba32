import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { applyMigrations, contents, type Contents, emptyDatabase, seed } from "./seeded.ts";
import said0000 from "./spoken/0000.json" with { type: "json" };
import said0001 from "./spoken/0001.json" with { type: "json" };
import said0002 from "./spoken/0002.json" with { type: "json" };
import said0003 from "./spoken/0003.json" with { type: "json" };
import said0004 from "./spoken/0004.json" with { type: "json" };
import said0008 from "./spoken/0008.json" with { type: "json" };
import said0013 from "./spoken/0013.json" with { type: "json" };

/**
 * What the Workers of earlier schemas really said to their database, with values (`pnpm statements`); each has what those before it did
 * not say. Those of 5 to 7 and of 9 to 12 were not written down: what they said, and that of 8 or 13 says still, is in its file.
 */
const SAID: ReadonlyMap<number, readonly { text: string; values: readonly unknown[] }[]> = new Map([
  ...[said0000, said0001, said0002, said0003, said0004].entries(),
  [8, said0008],
  [13, said0013],
]);

interface Outcome {
  text: string;
  answer: unknown;
}

/** What the Worker of this schema said, on a database that began with its schema and has another one by now. */
async function listenTo(version: number, schema: number): Promise<{ outcomes: Outcome[]; left: Contents }> {
  await emptyDatabase();
  await applyMigrations(0, version + 1);
  await seed();
  const before = await contents();
  await applyMigrations(version + 1, schema);
  const outcomes: Outcome[] = [];
  for (const { text, values } of SAID.get(version) ?? []) {
    outcomes.push({ text, answer: await answerTo(text, values) });
  }
  return { outcomes, left: await contents(before) };
}

/** The rows, and how many were changed; or in words why not. */
async function answerTo(text: string, values: readonly unknown[]): Promise<unknown> {
  try {
    const { results, meta } = await env.DB.prepare(text)
      .bind(...values)
      .all();
    return { results, changes: meta.changes };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("a Worker of before runs on for a while under the newest schema", () => {
  it.each([...SAID.keys()])(
    "all that it says means the same there: schema %d",
    { timeout: 60_000 },
    async (version) => {
      const own = await listenTo(version, version + 1);
      const newest = await listenTo(version, env.TEST_MIGRATIONS.length);
      expect(newest).toEqual(own);
      const refused = own.outcomes.filter(({ answer }) => typeof answer === "string");
      expect(refused.map(({ text, answer }) => `${String(answer)}: ${text}`)).toEqual([]);
    },
  );
});
