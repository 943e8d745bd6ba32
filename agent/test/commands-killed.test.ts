import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloudDouble } from "./cloud-double.ts";
import { fixture, Host, isAlive, until } from "./host.ts";

/** A real agent, killed at each step of a command's life: it is done once, or told as interrupted, and never done twice. */

let cloud: CloudDouble;
let host: Host;

beforeEach(async () => {
  cloud = await CloudDouble.open();
  host = new Host(`
remote: [restart]
services:
  web:
    command: [sh, -c, "echo started; exec sleep 1000"]
    stop: { timeout: 300ms }
`);
  cloud.enrol(host);
});

afterEach(async () => {
  await host.end();
  await cloud.close();
});

const steps = () => cloud.events().flatMap((event) => (event.kind === "command" ? [event.step] : []));
const starts = () => readFileSync(join(host.stateDir, "logs", "web.log"), "utf8").split("started").length - 1;
const remembered = () => readFileSync(join(host.stateDir, "commands.json"), "utf8");

const order = () => cloud.order({ id: "c1", verb: "restart", service: "web", by: "Anna", expiresInMs: 60_000 });

async function begin(preload?: Parameters<Host["start"]>[0]): Promise<ChildProcess> {
  const agent = await host.start(preload);
  await until(() => cloud.hellos().length > 0, "hello");
  await host.see("web", ({ verdict }) => verdict === "healthy", "up");
  return agent;
}

async function isDead(agent: ChildProcess): Promise<void> {
  await until(() => !isAlive(agent.pid ?? 0, null), "the agent is dead");
}

/** The next agent, which gets the command once more, as a cloud does of which it has not claimed to the end. */
async function goOn(): Promise<void> {
  await host.start();
  await until(
    () => ["done", "interrupted"].includes(steps().at(-1) ?? ""),
    "told to its end",
    () => steps().join(),
  );
  await until(() => remembered().includes('"ended":true'), "remembered", remembered);
  cloud.cut();
  const { length } = cloud.hellos();
  await until(() => cloud.hellos().length > length, "handed over again");
  await until(async () => (await host.status())?.link.unsent === 0, "all is told");
}

const INTENT = { call: "renameSync", matches: 'commands\\.json .*"c1".*"ended":false' };
const TOLD = (step: string) => ({ call: "appendFileSync", matches: `"command":"c1","step":"${step}"` });

describe("an agent killed", () => {
  it("before it claims a command does it in its next life", async () => {
    const agent = await begin();
    agent.kill("SIGSTOP");
    order();
    agent.kill("SIGKILL");
    await isDead(agent);
    await goOn();
    expect([steps(), starts(), cloud.granted]).toEqual([["running", "done"], 2, ["c1"]]);
  });

  it("after it has claimed a command, and before that was granted, claims it in its next life", async () => {
    cloud.grants = false;
    const agent = await begin();
    order();
    await until(() => cloud.heard.some(({ type }) => type === "claim"), "claimed");
    agent.kill("SIGKILL");
    await isDead(agent);
    cloud.grants = true;
    await goOn();
    expect([steps(), starts(), cloud.granted]).toEqual([["running", "done"], 2, ["c1"]]);
  });

  it.each([
    ["granted, and its intent not written", { ...INTENT, when: "before" }, ["running", "done"], 2],
    ["its intent written, and nothing told", { ...INTENT, when: "after" }, ["interrupted"], 1],
    ["told as running, and nothing done", { ...TOLD("running"), when: "after" }, ["running", "interrupted"], 1],
    ["done, and its end not told", { ...TOLD("done"), when: "before" }, ["running", "interrupted"], 2],
    ["its end told, and not written down", { ...TOLD("done"), when: "after" }, ["running", "done"], 2],
  ] as const)("with a command %s, neither repeats it nor forgets it", async (_when, diesAt, told, started) => {
    const agent = await begin({ path: fixture("dies-at.mjs"), env: { DIES_AT: JSON.stringify(diesAt) } });
    order();
    await isDead(agent);
    await goOn();
    expect([steps(), starts()]).toEqual([told, started]);
  });
});
