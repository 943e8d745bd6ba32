import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  CERTIFICATES,
  GOOD_CERTIFICATE,
  HOSTILE_KINDS,
  hostileService,
  writeAuthorities,
} from "../../behaviours/hostile-kinds.ts";
import { claimPorts } from "../../claim-ports.ts";
import { until } from "../../stories/house/until.ts";
import { ownMegabytes, residentMegabytes } from "../cost.ts";
import { type Figure, rounded } from "../figure.ts";
import type { Progress } from "../supervisors/installed.ts";
import { ProbingAgent } from "../supervisors/probing-agent.ts";

const ZOO = fileURLToPath(new URL("../../behaviours/programs/hostile-endpoints.mjs", import.meta.url));
const LIMIT_MB = 2;
const WARM_CALLS = 5;
const LOOKS = 30;

/**
 * The agent's memory at rest, with endpoints that are well, before and after so many calls of each kind that is not. All kinds are
 * called a few times before the first look: what is loaded for them once, and what V8 keeps for itself, is not what a leak is.
 */
export async function hostile(calls: number, progress: Progress): Promise<Figure[]> {
  const first = await claimPorts();
  const agent = new ProbingAgent();
  const kinds = HOSTILE_KINDS.map(({ name }) => name);
  const good = HOSTILE_KINDS.map(({ scheme }) => (scheme === "http" ? "good" : "good-tls"));
  let zoo = new Zoo(agent.dir, first, kinds);
  writeAuthorities(agent.dir);
  try {
    agent.start(HOSTILE_KINDS.map((kind, i) => hostileService(kind, first + i)));
    progress("hostile endpoints: warming up");
    await zoo.called(WARM_CALLS);
    zoo = await zoo.follow(good);
    const before = await atRest(agent, zoo);
    progress(`hostile endpoints: ${calls} calls of each`);
    zoo = await zoo.follow(kinds);
    await zoo.called(calls);
    const during = residentMegabytes(agent.pid);
    zoo = await zoo.follow(good);
    const after = await atRest(agent, zoo);
    return figuresOf(calls, before, during, after);
  } finally {
    await zoo.end();
    agent.end();
  }
}

interface Memory {
  resident: number;
  own: number;
}

/**
 * The least of what was seen in half a minute of calls that are answered well. Memory goes up and down by some megabytes with
 * what is not collected yet; its lowest is what is kept.
 */
async function atRest(agent: ProbingAgent, zoo: Zoo): Promise<Memory> {
  await agent.see("all to be healthy", (services) => services.every(({ verdict }) => verdict === "healthy"));
  await zoo.called(20);
  const looks: Memory[] = [];
  for (let look = 0; look < LOOKS; look++) {
    await wait(1_000);
    looks.push({ resident: residentMegabytes(agent.pid), own: ownMegabytes(agent.pid) });
  }
  const least = (of: keyof Memory) => Math.min(...looks.map((look) => look[of]));
  return { resident: least("resident"), own: least("own") };
}

function figuresOf(calls: number, before: Memory, duringMb: number, after: Memory): Figure[] {
  const more = (figure: string, value: number, beforeMb: number, limitMb: number | null): Figure => ({
    bench: "health",
    figure,
    value,
    unit: "MB",
    against: `before: ${rounded(beforeMb)} MB`,
    ratio: null,
    aim: limitMb === null ? null : `<= + ${limitMb} MB`,
    met: limitMb === null ? null : value <= limitMb,
  });
  const what = `${HOSTILE_KINDS.length} hostile endpoints, ${calls} calls each`;
  return [
    more(`resident, more after ${what}`, after.resident - before.resident, before.resident, LIMIT_MB),
    more(`the same, memory of its own`, after.own - before.own, before.own, LIMIT_MB),
    more(`the same, in the midst of it`, duringMb - before.resident, before.resident, null),
  ];
}

/** The program with the endpoints, in a folder where it says what it saw; one after another on the same ports. */
class Zoo {
  readonly #dir: string;
  readonly #first: number;
  readonly #kinds: string[];
  readonly #process: ChildProcess;

  constructor(dir: string, first: number, kinds: string[]) {
    this.#dir = dir;
    this.#first = first;
    this.#kinds = kinds;
    this.#process = spawn(process.execPath, [ZOO, String(first), CERTIFICATES, GOOD_CERTIFICATE, ...kinds], {
      cwd: dir,
      stdio: "ignore",
    });
  }

  /** Ends, and is followed by another on the same ports. */
  async follow(kinds: string[]): Promise<Zoo> {
    await this.end();
    return new Zoo(this.#dir, this.#first, kinds);
  }

  /** Waits until each kind was called so often, on average where several ports are of one kind. */
  async called(least: number): Promise<void> {
    const ports = (kind: string) => this.#kinds.filter((each) => each === kind).length;
    await until(
      `${least} calls of each endpoint`,
      () => {
        const seen = this.#seen();
        return this.#kinds.every((kind) => (seen[kind]?.calls ?? 0) >= least * ports(kind));
      },
      1_200_000,
    );
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
    rmSync(join(this.#dir, "seen.json"), { force: true });
  }

  #seen(): Record<string, { calls: number }> {
    try {
      return JSON.parse(readFileSync(join(this.#dir, "seen.json"), "utf8"));
    } catch {
      // Not written yet.
      return {};
    }
  }
}
