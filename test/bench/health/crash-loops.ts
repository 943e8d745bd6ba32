import type { ServiceYaml } from "@afloat/shared/config";
import { durationWords } from "@afloat/shared/core/duration";
import type { Figure } from "../figure.ts";
import { backend } from "./backend.ts";
import { type Look, MovedService } from "./moved-service.ts";
import { type History, pm2NoticesMs, systemdNoticesMs } from "./peers-rules.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** How long each process runs before it dies. */
const PERIODS_MS = [50, 100, 900, 1_100, 1_900, 5_000, 10_000, 15_000, MINUTE_MS, 5 * MINUTE_MS];
const BACKOFFS: ServiceYaml["backoff"][] = [
  undefined,
  { min: "100ms", max: "15s" },
  { min: "1s", max: "1s" },
  { min: "5m", max: "5m" },
  { min: "10ms", max: "10ms" },
];
/** The shortest delays that a backoff may choose, the middle, and the longest. */
const CHANCES = [0, 0.5, 0.999];

/** How long a loop that was noticed goes on, to see that it is told once. */
const GOES_ON = { crashes: 300, ms: 2 * 3_600_000 };
/** A loop must be noticed within this time; the windows see what restarts eight times in an hour. */
const LIMIT_MS = DAY_MS;

const well: Look = {
  endpoint: { kind: "ok", status: 200, ms: 3 },
  ports: [{ port: 5001, kind: "listening", owner: "own" }],
  ownPorts: [5001],
};

interface Case {
  told: number;
  /** From the first crash. */
  tookMs: number | null;
  pm2: boolean;
  systemd: boolean;
}

/** Crash loops of every period, fresh and after a day of health, with several backoffs, in moved time. */
export function crashLoops(): Figure[] {
  const cases = BACKOFFS.flatMap((backoff) =>
    CHANCES.flatMap((chance) =>
      [0, DAY_MS].flatMap((healthyMs) => PERIODS_MS.map((periodMs) => looped(backoff, chance, healthyMs, periodMs))),
    ),
  );
  const all = cases.length;
  const once = cases.filter(({ told }) => told === 1).length;
  const pm2 = cases.filter((each) => each.pm2).length;
  const systemd = cases.filter((each) => each.systemd).length;
  const own = ownPaces();
  const slowestMs = Math.max(...cases.map(({ tookMs }) => tookMs ?? Number.POSITIVE_INFINITY));
  const stated = { bench: "health", unit: `of ${all}`, against: null, ratio: null };
  return [
    { ...stated, figure: "crash loops noticed, each once", value: once, aim: `${all}`, met: once === all },
    { ...stated, figure: "the same by pm2's rule", value: pm2, aim: null, met: null },
    { ...stated, figure: "the same by systemd's rule", value: systemd, aim: null, met: null },
    { ...stated, figure: "pm2's rule at its own pace, no delay", value: own.pm2, unit: own.of, aim: null, met: null },
    {
      ...stated,
      figure: "systemd's rule at its own pace, 100 ms",
      value: own.systemd,
      unit: own.of,
      aim: null,
      met: null,
    },
    {
      ...stated,
      figure: `the last to be noticed, after ${durationWords(slowestMs)}`,
      value: slowestMs / MINUTE_MS,
      unit: "min",
      aim: "<= 60 min",
      met: slowestMs <= 60 * MINUTE_MS,
    },
  ];
}

function looped(backoff: ServiceYaml["backoff"], chance: number, healthyMs: number, periodMs: number): Case {
  const service = new MovedService(backend(backoff === undefined ? {} : { backoff }), chance);
  const bornMs = service.nowMs;
  // A day on which nothing happened: one probe in it is as good as all.
  service.pass(healthyMs, well);
  const firstMs = service.nowMs + periodMs;
  let noticedMs: number | null = null;
  for (let rest = GOES_ON.crashes, endMs = firstMs + LIMIT_MS; rest > 0 && service.nowMs < endMs;) {
    service.pass(periodMs, well);
    const atMs = service.nowMs;
    service.crash();
    if (noticedMs !== null) rest--;
    else if (service.count("loop-opened") > 0) [noticedMs, endMs] = [atMs, atMs + GOES_ON.ms];
  }
  const history: History = { bornMs, starts: service.starts, exits: service.exits };
  return {
    told: service.count("loop-opened"),
    tookMs: noticedMs === null ? null : noticedMs - firstMs,
    pm2: pm2NoticesMs(history) !== null,
    systemd: systemdNoticesMs(history) !== null,
  };
}

/** How many of the periods peers notice with the delay that they have by default, fresh and after a day. */
function ownPaces(): { pm2: number; systemd: number; of: string } {
  const ages = [0, DAY_MS].flatMap((healthyMs) => PERIODS_MS.map((periodMs) => ({ healthyMs, periodMs })));
  const pm2 = ages.filter((each) => pm2NoticesMs(steadyLoop(each, 0)) !== null).length;
  const systemd = ages.filter((each) => systemdNoticesMs(steadyLoop(each, 100)) !== null).length;
  return { pm2, systemd, of: `of ${ages.length}` };
}

function steadyLoop({ healthyMs, periodMs }: { healthyMs: number; periodMs: number }, delayMs: number): History {
  const cycles = Array.from({ length: GOES_ON.crashes }, (_, i) => healthyMs + i * (periodMs + delayMs));
  const exits = cycles.map((startMs) => ({ atMs: startMs + periodMs, ranMs: periodMs }));
  return { bornMs: 0, starts: [0, ...cycles.slice(healthyMs === 0 ? 1 : 0)], exits };
}
