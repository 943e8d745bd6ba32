import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { FRAME_LIMIT_BYTES, PROTOCOL } from "@afloat/shared/wire";
import { House } from "../stories/house/house.ts";
import { until } from "../stories/house/until.ts";
import { FaultHost } from "./fault-host.ts";
import { allIsToldOnce, somethingHappens } from "./ground.ts";
import type { Way } from "./lane.ts";
import { helloOf } from "../load/said.ts";
import { RawAgent } from "./raw-agent.ts";

/** One fault of the network each, between a real agent and its cloud: afterwards the host, the Fleet and D1 tell the same story. */

let house: House;
let host: FaultHost;

beforeAll(async () => {
  house = await House.build();
  await house.found("aurora");
  host = await FaultHost.enrol(house, "aurora", "web-1", ["web"]);
});
afterAll(async () => {
  await host.end();
  await house.end();
});
beforeEach(async () => {
  // A new agent has the patience of a first failure.
  await host.kill();
  host.proxy.calm();
  host.proxy.isPlain = false;
  await host.start();
  await host.isRecorded();
});

/** Waits until the agent has connected once more than before. */
async function connectedAnew(before: number): Promise<void> {
  await until("a new connection", () => host.proxy.connections > before && host.proxy.isUpgraded);
}

it.each<[string, Way, number]>([
  ["events on their way to the cloud", "up", 1],
  ["several messages on their way to the cloud", "up", 3],
  ["the acknowledgement on its way back", "down", 1],
])("a connection that breaks and loses %s: they are sent again, and recorded once", async (_, way, frames) => {
  const before = host.proxy.connections;
  host.proxy.harm(way, { kind: "lose", frames });
  for (let i = 0; i < frames; i++) await somethingHappens(host);
  await connectedAnew(before);
  await allIsToldOnce(house, host);
});

it("a network that stands still and goes on: everything arrives, once, on the same connection", async () => {
  const before = host.proxy.connections;
  host.proxy.flow = "hold";
  await somethingHappens(host);
  expect((await host.link()).unsent).toBeGreaterThan(0);
  host.proxy.flow = "pass";
  await allIsToldOnce(house, host);
  expect(host.proxy.connections).toBe(before);
});

it("a half-open connection, of which nobody is told, is given up by its heartbeat, and everything is sent on the next", async () => {
  host.proxy.isPlain = true;
  host.proxy.rewrite = { from: '"heartbeatMs":30000', to: '"heartbeatMs":1000 ' };
  host.proxy.cut();
  await until("a connection that beats each second", () => host.proxy.isUpgraded);
  await host.isRecorded();
  host.proxy.halfOpen();
  await somethingHappens(host);
  await host.see("given up", ({ lastError }) => lastError?.includes("no answer to a heartbeat") ?? false);
  await allIsToldOnce(house, host);
});

it("a network that passes one byte at a time", async () => {
  host.proxy.flow = "trickle";
  host.proxy.cut();
  await somethingHappens(host);
  await allIsToldOnce(house, host);
});

it.each<[string, Way, "reserved-bit" | "changed-content"]>([
  ["a frame to the cloud is no frame any more", "up", "reserved-bit"],
  ["a frame from the cloud is no frame any more", "down", "reserved-bit"],
  ["what is said to the cloud is no JSON any more", "up", "changed-content"],
  ["what the cloud says is no JSON any more", "down", "changed-content"],
])("bytes that are corrupted on the way, so that %s: it is said again", async (_, way, kind) => {
  host.proxy.harm(way, { kind });
  await somethingHappens(host);
  await allIsToldOnce(house, host);
});

it.each<[string, string | Buffer, number]>([
  ["a message of a later version", '{"type":"from-tomorrow","field":1}', 1],
  ["what is no JSON", "<html>hello</html>", 1],
  ["a binary frame", Buffer.alloc(100, 7), 2],
  ["a frame that is too large", `{"type":"${"x".repeat(FRAME_LIMIT_BYTES)}"}`, 1],
])("the cloud is told %s: it says what it expected, and takes what follows", async (_, payload, opcode) => {
  const before = host.proxy.connections;
  host.proxy.say("up", payload, opcode);
  await somethingHappens(host);
  await allIsToldOnce(house, host);
  expect(host.proxy.connections).toBe(before);
});

it("the agent is told a message of a later version: it says so in its log, and goes on", async () => {
  const before = host.proxy.connections;
  host.proxy.say("down", '{"type":"from-tomorrow","field":1}');
  await until("a line in the log", () => host.host.log().includes("something this agent does not know"));
  await somethingHappens(host);
  await allIsToldOnce(house, host);
  expect(host.proxy.connections).toBe(before);
});

it.each<[string, string | Buffer, number]>([
  ["what is no JSON", "<html>hello</html>", 1],
  ["a binary frame", Buffer.alloc(100, 7), 2],
  ["a frame that is larger than any of ours", `{"type":"${"x".repeat(4 * FRAME_LIMIT_BYTES)}"}`, 1],
])("the agent is told %s: it hangs up, says why, and comes back", async (_, payload, opcode) => {
  const before = host.proxy.connections;
  host.proxy.say("down", payload, opcode);
  await connectedAnew(before);
  await somethingHappens(host);
  await allIsToldOnce(house, host);
});

it("a cloud that finds the agent too old: the agent says what to do, stops asking, and its services run on", async () => {
  const text = "expected protocol 7, got 1: update the agent";
  host.proxy.say("down", JSON.stringify({ type: "error", code: "too-old", text }));
  const before = host.proxy.connections;
  const { why } = await host.see("refused", ({ kind }) => kind === "refused");
  expect(why).toContain("update the agent");
  await somethingHappens(host);
  expect(host.proxy.connections).toBe(before);
});

it("an agent whose protocol is versions apart is told so in words, and nothing of it is taken", async () => {
  for (const protocol of [PROTOCOL + 2, 99]) {
    const stranger = await RawAgent.connect(house.server.url, host.credential);
    stranger.say(helloOf({ protocol }));
    const error = await stranger.hears("error");
    expect(error).toMatchObject({ code: "too-old" });
    stranger.end();
  }
  await allIsToldOnce(house, host);
});

it("a gateway that answers 502 with a page: the agent says so, keeps what happens, and tells it afterwards", async () => {
  host.proxy.door = { kind: "answers", status: "502 Bad Gateway", body: "<html><h1>502 Bad Gateway</h1></html>" };
  host.proxy.cut();
  await somethingHappens(host);
  await host.see("the agent to say 502", ({ lastError }) => lastError?.includes("502") ?? false);
  host.proxy.calm();
  await allIsToldOnce(house, host);
});

it("a proxy that strips Upgrade: the agent speaks HTTP, an answer that is lost is asked for again, and nothing is recorded twice", async () => {
  host.proxy.stripsUpgrade = true;
  host.proxy.cut();
  await host.see("the link by HTTP", ({ kind, via }) => kind === "connected" && via === "http");
  await somethingHappens(host);
  await allIsToldOnce(house, host);
  // The cloud has done it, and the agent never hears of it.
  host.proxy.harm("down", { kind: "lose", frames: 1 });
  await somethingHappens(host);
  await allIsToldOnce(house, host);
});

it("a connection whose every byte is sent once more by somebody on the way changes nothing", async () => {
  const recorded = host.proxy.recordings.at(-1);
  await somethingHappens(host);
  await host.isRecorded();
  const heard = await host.proxy.replay(recorded ?? []);
  expect(heard).toContain("welcome");
  await allIsToldOnce(house, host);
});
