import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { House } from "../../stories/house/house.ts";
import type { StoryHost } from "../../stories/house/host.ts";
import { until } from "../../stories/house/until.ts";
import type { Figure } from "../figure.ts";
import { benchProgram } from "../supervisors/probing-agent.ts";

const bench = "link";
const SERVICES = 4;
const CHANGES = 20;
const HEARTBEATS_A_DAY = 86_400 / 30;

/** A host whose every byte to the cloud and back is counted, by a program in between that does nothing else. */
export class CountedHost {
  /** What has passed so far, both ways. */
  bytes = 0;
  readonly host: StoryHost;
  readonly #between: ChildProcess;

  private constructor(host: StoryHost, between: ChildProcess, said: Interface) {
    this.host = host;
    this.#between = between;
    said.on("line", (line) => (this.bytes += Number(line)));
  }

  static async add(house: House, slug: string): Promise<CountedHost> {
    const target = new URL(house.server.url).port;
    const between = spawn(process.execPath, [benchProgram("counts-bytes.mjs"), target], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = createInterface(between.stdout);
    const port = await new Promise<string>((resolve) => said.once("line", resolve));
    const lines = Array.from({ length: SERVICES }, (_, i) => `  s${i}: { command: sleep 20${i}000 }\n`);
    const host = await house.addHost(slug, "counted", `services:\n${lines.join("")}`, `http://127.0.0.1:${port}`);
    return new CountedHost(host, between, said);
  }

  end(): void {
    this.#between.kill();
  }
}

/** What a day costs, from what passes by on a socket: a heartbeat, and changes as they happen. Payload of TCP, both ways. */
export async function dayFigures(counted: CountedHost, progress: (text: string) => void): Promise<Figure[]> {
  const { host } = counted;
  for (let i = 0; i < SERVICES; i++) await host.see(`s${i}`, ({ verdict }) => verdict === "healthy", "is up");
  progress("a heartbeat");
  const heartbeat = await heartbeatBytes(counted);
  progress(`${CHANGES} changes`);
  const before = counted.bytes;
  for (let i = 0; i < CHANGES; i++) await change(host, i % SERVICES);
  await until("everything to be recorded", () => host.status()?.link.unsent === 0);
  const changes = counted.bytes - before;
  const idle = HEARTBEATS_A_DAY * heartbeat + 24 * SAMPLE_BYTES;
  const figure = (what: string, bytes: number): Figure => ({
    ...{ bench, figure: what, value: bytes / 1024, unit: "KB" },
    ...{ against: null, ratio: null, aim: null, met: null },
  });
  return [
    figure("an idle host's day, both ways", idle),
    figure(`of it, ${HEARTBEATS_A_DAY} heartbeats of ${heartbeat} bytes`, HEARTBEATS_A_DAY * heartbeat),
    figure(`a day with ${CHANGES} changes, both ways`, idle + changes),
  ];
}

/** Waits for a stretch in which nothing but a heartbeat passes. */
async function heartbeatBytes(counted: CountedHost): Promise<number> {
  return until(
    "a heartbeat alone",
    async () => {
      const before = counted.bytes;
      await wait(1_000);
      const passed = counted.bytes - before;
      return passed > 0 && passed < 64 ? passed : null;
    },
    90_000,
  );
}

async function change(host: StoryHost, i: number): Promise<void> {
  const before = await host.see(`s${i}`, ({ verdict, pid }) => verdict === "healthy" && pid !== null, "is up");
  process.kill(before.pid ?? 0, "SIGKILL");
  await host.see(`s${i}`, ({ verdict, pid }) => verdict === "healthy" && pid !== null && pid !== before.pid, "is back");
}

/** An hour's sample of four services and its answer, as frames: nobody waits an hour for it here. */
const SAMPLE_BYTES = (() => {
  const used = { cpuMean: 0.0123, cpuMax: 0.1234, memoryMeanBytes: 51_234_567, memoryMaxBytes: 61_234_567 };
  const services = Array.from({ length: SERVICES }, (_, i) => ({ name: `s${i}`, ...used, p50Ms: 3, p95Ms: 12 }));
  const sample = { type: "sample", hourMs: 1_795_600_800_000, coveredMs: 3_600_000, services };
  const sampled = { type: "sampled", hourMs: sample.hourMs };
  // Masked and with a 16-bit length from the agent; plain and short from the cloud (RFC 6455, 5.2).
  return JSON.stringify(sample).length + 8 + JSON.stringify(sampled).length + 2;
})();
