import { claimPorts } from "../../claim-ports.ts";
import { until } from "../../stories/house/until.ts";
import { type Figure, median, rounded } from "../figure.ts";
import type { Progress } from "../supervisors/installed.ts";
import { benchProgram, ProbingAgent } from "../supervisors/probing-agent.ts";

const INTERVAL_MS = 1_000;
const THRESHOLD = 3;
const LIMIT_MS = 100;

/**
 * Services that close their port just after a probe, the worst moment there is, and live on. How long until another process of
 * the service runs, beyond `failure_threshold` x interval: its own word for when it began, which counts the stop of the old one.
 */
export async function outage(trials: number, progress: Progress): Promise<Figure[]> {
  progress(`${trials} ports that close`);
  const first = await claimPorts();
  const agent = new ProbingAgent();
  const ports = Array.from({ length: trials }, (_, i) => first + i);
  try {
    // Each after another number of probes, so that not all are restarted at the same moment.
    agent.start(ports.map((port, i) => serviceOf(port, 4 + (i % 10))));
    const tookMs: number[] = [];
    for (const port of ports) {
      const beganMs = Number(await until(`a restart of ${port}`, () => agent.read(`began-${port}`) || null, 120_000));
      tookMs.push(beganMs - Number(agent.read(`closed-${port}`)) - THRESHOLD * INTERVAL_MS);
    }
    return [figureOf(trials, tookMs)];
  } finally {
    agent.end();
  }
}

function serviceOf(port: number, calls: number): string {
  const health = `{ http: /health, interval: ${INTERVAL_MS}ms, failure_threshold: ${THRESHOLD} }`;
  const command = `[${process.execPath}, ${benchProgram("closes-its-port.mjs")}, "${port}", "${calls}"]`;
  return `  s${port}: { command: ${command}, port: ${port}, health: ${health} }`;
}

function figureOf(trials: number, tookMs: number[]): Figure {
  const value = Math.max(...tookMs);
  return {
    bench: "health",
    figure: `port closed to restarted, beyond ${THRESHOLD} x interval, of ${trials}`,
    value,
    unit: "ms",
    against: `median ${rounded(median(tookMs))} ms`,
    ratio: null,
    aim: `<= ${LIMIT_MS} ms`,
    met: value <= LIMIT_MS,
  };
}
