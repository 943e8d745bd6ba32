import { oneOf, randomFrom } from "../behaviours/random.ts";
import type { Way } from "./lane.ts";

/** What is done in a walk, as data: it can be printed, pasted, and walked again. `host`: which of them, by number. */
export type Fault =
  | { kind: "cut"; host: number }
  | { kind: "lose"; host: number; way: Way; frames: number; after: number }
  | { kind: "corrupt"; host: number; way: Way; how: "reserved-bit" | "changed-content" }
  | { kind: "stall"; host: number }
  | { kind: "trickle"; host: number }
  | { kind: "half-open"; host: number }
  | { kind: "bad-gateway"; host: number }
  | { kind: "strip-upgrade"; host: number }
  | { kind: "unknown-message"; host: number; way: Way }
  | { kind: "oversized"; host: number; way: Way }
  | { kind: "replay"; host: number }
  | { kind: "clone"; host: number }
  | { kind: "kill-agent"; host: number }
  | { kind: "kill-server" }
  | { kind: "lose-fleet" }
  | { kind: "d1-away" };

/** What happens on hosts meanwhile. */
type Happening =
  | { kind: "crash"; host: number; service: "plain" | "looper" }
  | { kind: "loop"; host: number; does: boolean }
  | { kind: "order"; host: number }
  /** The network, or D1, is well again. */
  | { kind: "mend"; host: number }
  | { kind: "mend-d1" };

export type Step = (Fault | Happening) & { afterMs: number };

/** Kinds of faults, each so often among these. */
const FAULTS: readonly Fault["kind"][] = [
  ...["cut", "cut", "lose", "lose", "lose", "corrupt", "corrupt", "stall", "trickle", "half-open"],
  ...["bad-gateway", "strip-upgrade", "unknown-message", "oversized", "replay", "clone"],
  ...["kill-agent", "kill-agent", "kill-agent", "kill-server", "lose-fleet", "d1-away", "d1-away"],
] as Fault["kind"][];
const HAPPENINGS: readonly Happening["kind"][] = [
  "crash",
  "crash",
  "crash",
  "loop",
  "order",
  "mend",
  "mend",
  "mend-d1",
];
/** A server that was killed too often takes ever longer to be back. So much time at least lies between two faults of it, milliseconds. */
const SERVER_MS = 6_000;

/** Steps without end, the same for the same seed. */
export function* stepsFrom(seed: number, hosts: number): Generator<Step> {
  const random = randomFrom(seed);
  let sinceServerMs = 0;
  for (;;) {
    const afterMs = Math.round(30 + 250 * random() ** 2);
    sinceServerMs += afterMs;
    const step = random() < 0.45 ? faultOf(random, hosts) : happeningOf(random, hosts);
    const isServers = step.kind === "kill-server" || step.kind === "lose-fleet";
    if (isServers && sinceServerMs < SERVER_MS) continue;
    if (isServers) sinceServerMs = 0;
    yield { ...step, afterMs };
  }
}

function faultOf(random: () => number, hosts: number): Fault {
  const kind = oneOf(FAULTS, random);
  const host = Math.floor(random() * hosts);
  const way = oneOf(["up", "down"] as const, random);
  switch (kind) {
    case "lose":
      return { kind, host, way, frames: 1 + Math.floor(random() * 3), after: Math.floor(random() * 3) };
    case "corrupt":
      return { kind, host, way, how: oneOf(["reserved-bit", "changed-content"] as const, random) };
    case "unknown-message":
    case "oversized":
      return { kind, host, way };
    case "kill-server":
    case "lose-fleet":
    case "d1-away":
      return { kind };
    default:
      return { kind, host };
  }
}

function happeningOf(random: () => number, hosts: number): Happening {
  const kind = oneOf(HAPPENINGS, random);
  const host = Math.floor(random() * hosts);
  switch (kind) {
    case "crash":
      return { kind, host, service: oneOf(["plain", "looper"] as const, random) };
    case "loop":
      return { kind, host, does: random() < 0.5 };
    case "mend-d1":
      return { kind };
    default:
      return { kind, host };
  }
}
