import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeCredential } from "../src/link/credential.ts";
import { CloudDouble } from "./cloud-double.ts";
import { fixture, Host, isAlive, until } from "./host.ts";

let cloud: CloudDouble;
let host: Host;

beforeEach(async () => {
  cloud = await CloudDouble.open();
  host = new Host(CONFIG);
});

afterEach(async () => {
  await host.end();
  await cloud.close();
});

const CONFIG = `
remote: [restart, pause]
services:
  web:
    command: sleep 1000
    stop: { timeout: 300ms }
    backoff: { min: 50ms, max: 200ms }
`;

/** Takes half a minute to stop. */
const STUBBORN = `
services:
  web:
    command: [${process.execPath}, -e, "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')"]
    stop: { timeout: 30s }
`;

function enrol(credential = "afa_org.host.1.mac", url = cloud.url): void {
  writeCredential(host.stateDir, {
    ...{ cloud: url, credential, organization: { name: "Aurora", slug: "aurora" } },
    ...{ host: { id: "host", name: "web-1" }, dashboard: `${url}/app` },
  });
}

async function isConnected(via: "socket" | "http" = "socket"): Promise<void> {
  let seen: unknown;
  await until(
    async () => {
      const link = (await host.status())?.link;
      seen = link;
      return link?.kind === "connected" && link.via === via;
    },
    `connected by ${via}`,
    () => JSON.stringify(seen),
  );
}

const isToldAll = () => until(async () => (await host.status())?.link.unsent === 0, "everything is recorded");

const steps = (id: string) =>
  cloud.events().flatMap((event) => (event.kind === "command" && event.command === id ? [event.step] : []));

async function killed(agent: ChildProcess): Promise<void> {
  agent.kill("SIGKILL");
  await until(() => !isAlive(agent.pid ?? 0, null), "the agent is dead");
}

describe("the link", () => {
  it("begins as soon as a running agent's host is enrolled, with its own credential, and says who speaks", async () => {
    await host.start();
    await host.see("web", ({ state }) => state === "up", "up");
    expect((await host.status())?.link).toMatchObject({ kind: "none", why: expect.stringContaining("afloat enroll") });
    expect(cloud.asked).toEqual([]);
    enrol();
    await isConnected();
    await isToldAll();
    const [hello] = cloud.hellos();
    expect(hello).toMatchObject({ bearer: "afa_org.host.1.mac", protocol: 1, remote: ["restart", "pause"] });
    expect(hello?.services.map(({ name }) => name)).toEqual(["web"]);
    expect(cloud.events()[0]).toMatchObject({ seq: 1, kind: "agent-started", runId: hello?.runId });
  });

  it("a reload tells it of services that come and go and of what may be asked, and calls another cloud where that is named", async () => {
    enrol();
    await host.start();
    await isConnected();
    await isToldAll();
    host.configure("remote: [stop]\nservices:\n  new: sleep 1000\n");
    expect((await host.run("reload", "--yes")).code).toBe(0);
    await until(() => cloud.hellos().length > 1, "hello again");
    expect(cloud.hellos().at(-1)).toMatchObject({ remote: ["stop"], services: [{ name: "new" }] });
    await isToldAll();
    expect(cloud.events()).toContainEqual(expect.objectContaining({ kind: "removed", service: "web" }));
    const other = await CloudDouble.open();
    try {
      host.configure(`cloud: ${other.url}\nremote: [stop]\nservices:\n  new: sleep 1000\n`);
      expect((await host.run("reload", "--yes")).code).toBe(0);
      await until(() => other.hellos().length > 0, "hello to the other cloud");
      expect(other.hellos()[0]).toMatchObject({ remote: ["stop"], services: [{ name: "new" }] });
    } finally {
      await other.close();
    }
  });

  it("cut at any time, comes back by itself, and sends again what is not recorded, without a hole", async () => {
    enrol();
    await host.start();
    await isConnected();
    await isToldAll();
    cloud.records = false;
    const before = await host.see("web", ({ state }) => state === "up", "up");
    process.kill(before.pid ?? 0, "SIGKILL");
    await until(() => cloud.held > cloud.recorded, "something is held that is not recorded");
    // A cloud that lost its memory: what it held and did not record must come again.
    cloud.held = cloud.recorded;
    const lost = cloud.recorded + 1;
    cloud.heard.length = 0;
    cloud.records = true;
    cloud.cut();
    await until(() => cloud.hellos().length > 0, "hello again");
    await until(() => cloud.held >= lost, "sent again");
    await isToldAll();
    const seqs = cloud.events().map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => lost + i));
    expect((await host.service("web"))?.restarts).toBe(1);
  });

  it("that is moved several times in a row is made anew each time, and stays a socket", async () => {
    enrol();
    await host.start();
    await isConnected();
    for (let i = 0; i < 4; i++) {
      cloud.heard.length = 0;
      cloud.move();
      await until(() => cloud.hellos().length > 0, "hello again");
    }
    expect(cloud.hellos().map(({ via }) => via)).toEqual(["socket"]);
  });

  it("that is half open, so that nothing comes back, is found by its heartbeat and made anew", async () => {
    enrol();
    await host.start();
    await isConnected();
    cloud.answersPings = false;
    await until(() => cloud.hellos().length > 1, "a second hello");
    expect(host.log()).toContain("no answer to a heartbeat within 10 s");
  });

  it("survives what no cloud of ours would say, and so does the agent", async () => {
    enrol();
    const agent = await host.start();
    await isConnected();
    cloud.tell(JSON.stringify({ type: "sing", song: "a newer cloud's" }));
    cloud.tell(JSON.stringify({ type: "ack", held: 1e9, recorded: 1e9 }));
    cloud.tell("not JSON");
    await until(() => cloud.hellos().length > 1, "hello again");
    cloud.tell("x".repeat(2 * 1024 * 1024));
    await until(() => cloud.hellos().length > 2, "hello again");
    await isToldAll();
    expect(agent.exitCode).toBeNull();
  });

  it("tells a revoked credential in words, and connects at once when the host is enrolled again", async () => {
    cloud.refuse = { socket: 401 };
    enrol();
    await host.start();
    await until(async () => (await host.status())?.link.kind === "refused", "refused");
    expect((await host.status())?.link).toMatchObject({ fault: "revoked", mend: "afloat enroll --again" });
    cloud.refuse = {};
    enrol("afa_org.host.2.mac");
    await isConnected();
    expect(cloud.hellos().map(({ bearer }) => bearer)).toEqual(["afa_org.host.2.mac"]);
  });

  it("takes its credential nowhere else: redirects are not followed, unverified TLS is not spoken", async () => {
    const thief = await CloudDouble.open();
    cloud.refuse = { socket: 302, http: 302, location: `${thief.url}/agent/connect` };
    enrol();
    const pem = readFileSync(fixture("self-signed.pem"), "utf8");
    const unverified = await CloudDouble.open({ key: pem, cert: pem });
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      await host.start();
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
    await until(() => cloud.asked.includes("POST /agent/messages"), "both ways are tried");
    await until(() => host.log().includes("not followed"), "said");
    enrol("afa_org.host.1.mac", unverified.url);
    await until(() => /certificate|self.signed/i.test(host.log()), "refused for its certificate");
    expect([thief.asked, unverified.asked]).toEqual([[], []]);
    await thief.close();
    await unverified.close();
  });

  it("goes by HTTP where WebSockets cannot pass: events, commands, and goodbye", async () => {
    cloud.refuse = { socket: 403 };
    enrol();
    await host.start();
    await isConnected("http");
    const before = await host.see("web", ({ state }) => state === "up", "up");
    process.kill(before.pid ?? 0, "SIGKILL");
    await until(() => cloud.events().some(({ kind }) => kind === "exited"), "the exit is told");
    cloud.order({ id: "c1", verb: "restart", service: "web", by: "Anna", expiresInMs: 60_000 });
    await until(() => steps("c1").includes("done"), "done");
    expect(steps("c1")).toEqual(["running", "done"]);
    await isToldAll();
    expect(cloud.heard.every(({ via }) => via === "http")).toBe(true);
    await host.run("down");
    expect(cloud.heard.at(-1)).toMatchObject({ type: "bye", planned: true });
  });

  it("says goodbye only when the host goes on purpose: a new agent is no reason to call it away", async () => {
    enrol();
    const agent = await host.start();
    await isConnected();
    agent.kill("SIGTERM");
    await until(() => agent.exitCode !== null, "the agent is gone");
    expect(cloud.heard.some(({ type }) => type === "bye")).toBe(false);
    await host.start();
    await isConnected();
    await host.run("down", "--for", "2h");
    expect(cloud.heard.at(-1)).toMatchObject({ type: "bye", planned: true, backWithinMs: 7_200_000 });
    expect(cloud.events().at(-1)).toMatchObject({ kind: "agent-stopped", planned: true });
  });
});

describe("a command from afar", () => {
  it("restarts the service once, told step by step, however often it is handed over", async () => {
    enrol();
    await host.start();
    await isConnected();
    const before = await host.see("web", ({ state }) => state === "up", "up");
    cloud.order({ id: "c1", verb: "restart", service: "web", by: "Anna", expiresInMs: 60_000 });
    await until(() => steps("c1").includes("done"), "done");
    const after = await host.see("web", ({ pid }) => pid !== before.pid, "another process");
    expect(after).toMatchObject({ desired: "run", restarts: before.restarts + 1 });
    cloud.cut();
    await until(() => cloud.hellos().length > 1, "handed over again");
    cloud.order({ id: "c2", verb: "stop", service: "web", by: "Anna", expiresInMs: 60_000 });
    await until(() => steps("c2").length > 0, "refused");
    expect([steps("c1"), steps("c2")]).toEqual([["running", "done"], ["refused"]]);
    expect((await host.service("web"))?.pid).toBe(after.pid);
    expect(host.log()).toContain("from afar: restart web, asked by Anna");
    expect(cloud.granted).toEqual(["c1"]);
  });

  it("in which the agent was killed is told as interrupted by the next one, and not repeated", async () => {
    host.configure(STUBBORN);
    enrol();
    const agent = await host.start();
    await isConnected();
    const { pid } = await host.see("web", ({ state }) => state === "up", "up");
    const output = () => readFileSync(join(host.stateDir, "logs", "web.log"), "utf8");
    await until(() => output().includes("ready"), "it ignores SIGTERM");
    cloud.order({ id: "c1", verb: "restart", service: "web", by: "Anna", expiresInMs: 60_000 });
    await until(() => steps("c1").includes("running"), "running");
    await killed(agent);
    process.kill(pid ?? 0, "SIGKILL");
    host.configure(CONFIG);
    await host.start();
    await until(() => steps("c1").includes("interrupted"), "interrupted");
    expect(steps("c1")).toEqual(["running", "interrupted"]);
    expect(cloud.granted).toEqual(["c1"]);
  });
});

it("a state folder that lost the end of its journal begins a new one, so that nothing new is taken for old", async () => {
  enrol();
  const agent = await host.start();
  await isConnected();
  await isToldAll();
  await killed(agent);
  const path = join(host.stateDir, "journal", "000000000001.jsonl");
  writeFileSync(path, readFileSync(path, "utf8").split("\n").slice(0, 1).join("\n"));
  const [before] = cloud.hellos();
  // The cloud holds more of this journal than is left of it.
  cloud.held = cloud.recorded = 400;
  await host.start();
  await isConnected();
  expect(cloud.hellos().at(-1)?.journalId).not.toBe(before?.journalId);
  expect(host.log()).toContain("a new journal is begun");
});
