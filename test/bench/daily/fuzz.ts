import { join } from "node:path";
import fc from "fast-check";
import { Host } from "../../behaviours/host.ts";
import { junk } from "../../behaviours/junk.ts";
import { type Manners, pour, residentMb } from "../../behaviours/pour.ts";
import { until } from "../../stories/house/until.ts";
import type { Figure } from "../figure.ts";

const bench = "daily";
/** Made by fast-check once; each is sent again and again, beside others, cut at other places. */
const POOL = 20_000;
/** Sent between two looks at the daemon. */
const BATCH = 10_000;
const CONNECTIONS = 8;
const MANNERS: Manners[] = ["reads", "reads", "reads", "reads", "reads", "never reads", "hangs up", "reads"];
/** What the daemon may have grown by between the first batches, after which all its code has run, and the last, megabytes. */
const GROWTH_LIMIT_MB = 15;

/** A million of broken and hostile inputs to the control socket of a daemon with ten services. */
export async function fuzz(inputs: number, progress: (text: string) => void): Promise<Figure[]> {
  const host = new Host(Array.from({ length: 10 }, (_, i) => `  s${i}: sleep ${44_400 + i}\n`).join(""));
  try {
    await host.afloat("up", "--daemon");
    const before = await until("the daemon", () => host.status());
    const { pid } = before.agent;
    const seed = Date.now() % 2 ** 31;
    const pool = fc.sample(junk, { numRuns: POOL, seed });
    const resident: number[] = [];
    for (let sent = 0; sent < inputs; sent += BATCH) {
      progress(`control socket, seed ${seed}: ${sent} of ${inputs} inputs, ${Math.round(resident.at(-1) ?? 0)} MB`);
      await sendBatch(host, pool, sent);
      const now = await until("the daemon to answer", () => host.status());
      if (now.agent.pid !== pid) throw new Error(`the daemon was another after ${sent} inputs (seed ${seed})`);
      resident.push(residentMb(pid));
    }
    const after = await until("the daemon", () => host.status());
    return figures(before, after, resident, inputs);
  } finally {
    await host.end();
  }
}

type Status = NonNullable<Awaited<ReturnType<Host["status"]>>>;

function figures(before: Status, after: Status, resident: number[], inputs: number): Figure[] {
  const told = ({ services }: Status) => services.map(({ pid, restarts }) => `${pid}/${restarts}`);
  const touched = told(after).filter((each, i) => each !== told(before)[i]).length;
  const first = resident[Math.min(9, resident.length - 1)] ?? 0;
  const grown = (resident.at(-1) ?? 0) - first;
  const plain = { bench, ratio: null, against: null } as const;
  const count = { unit: "", aim: "0", value: touched };
  return [
    { ...plain, ...count, figure: `services touched by ${inputs} inputs to the control socket`, met: touched === 0 },
    {
      ...plain,
      figure: `growth of the daemon over ${inputs} inputs to the control socket, after the first ${10 * BATCH}`,
      value: grown,
      unit: "MB",
      aim: `<= ${GROWTH_LIMIT_MB} MB`,
      met: grown <= GROWTH_LIMIT_MB,
    },
  ];
}

/** Some connections at once, each with its own manners and its own part of the pool, in pieces that keep to no line. */
async function sendBatch(host: Host, pool: readonly Buffer[], from: number): Promise<void> {
  const path = join(host.stateDir, "control.sock");
  const each = BATCH / CONNECTIONS;
  const leave = await Promise.all(
    MANNERS.map(async (manners, i) => {
      // A line that is too long ends a connection: what would be left goes to the next.
      const lines = Array.from(
        { length: each },
        (_, n) => pool[(from * 7 + i * each + n * 13) % pool.length] ?? Buffer.of(),
      );
      const ends: (() => void)[] = [];
      for (let at = 0; at < lines.length; at += 50) ends.push(await pour(path, lines.slice(at, at + 50), manners));
      return () => ends.forEach((end) => end());
    }),
  );
  for (const end of leave) end();
}
