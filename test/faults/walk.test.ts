import { expect, it } from "vitest";
import { walkSeed } from "../behaviours/random.ts";
import { shrink } from "./shrink.ts";
import type { Step } from "./steps.ts";
import { faultWalk, walkOnce, type Walked } from "./walk.ts";

/** For so long faults come. */
const SECONDS = Number(process.env["WALK_SECONDS"] ?? 30);
/** Walks that may be taken to find out which steps it was, each as long as the first. */
const SHRINKING_WALKS = Number(process.env["WALK_SHRINKING"] ?? 6);
const TIMEOUT_MS = (SHRINKING_WALKS + 1) * (SECONDS + 600) * 1000;

it(
  "a random walk of faults: afterwards the hosts, the Fleets and D1 tell the same story, event by event",
  async () => {
    const script = process.env["WALK_SCRIPT"];
    const steps: Step[] | null = script === undefined ? null : JSON.parse(script);
    const walked =
      steps === null ? await faultWalk(SECONDS, walkSeed()) : await walkOnce(steps, Number.POSITIVE_INFINITY);
    console.log(wordsOf(walked));
    for (const { kind, where, what } of walked.findings) console.log(`${kind} ${where}: ${what}`);
    if (walked.findings.length > 0 && steps === null) await printShrunk(walked.steps);
    expect(walked.findings).toEqual([]);
    expect(walked.rows).toBeGreaterThan(50);
  },
  TIMEOUT_MS,
);

async function printShrunk(steps: Step[]): Promise<void> {
  console.log(`a script of ${steps.length} steps fails; looking for a shorter one`);
  const fails = (fewer: readonly Step[]) =>
    walkOnce(fewer, Number.POSITIVE_INFINITY).then(
      ({ findings }) => findings.length > 0,
      // One that cannot go on fails, too.
      () => true,
    );
  const shortest = await shrink(steps, fails, SHRINKING_WALKS);
  console.log(
    `to walk it again:\nWALK_SCRIPT='${JSON.stringify(shortest)}' npx -y pnpm@12 --dir test exec vitest run --project faults faults/walk.test.ts`,
  );
}

function wordsOf({ steps, events, rows, commands, taken, calmMs }: Walked): string {
  const kinds = [...taken].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`);
  return `${steps.length} steps (${kinds.join(", ")}), ${events} events in the journals, ${rows} rows of their own in D1, ${commands} commands; calm after ${(calmMs / 1000).toFixed(1)} s`;
}
