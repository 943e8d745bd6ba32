import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentMessage } from "@afloat/shared/wire";
import type { HourSample } from "@afloat/shared/core/hour-sample";
import { Uses } from "../src/link/uses.ts";
import { CloudDouble } from "./cloud-double.ts";
import { Host, until } from "./host.ts";

let cloud: CloudDouble;
let host: Host;

beforeEach(async () => {
  cloud = await CloudDouble.open();
  host = new Host("services:\n  web: sleep 1000\n  off: sleep 1001\n");
  cloud.enrol(host);
});

afterEach(async () => {
  await host.end();
  await cloud.close();
});

const measures = () => cloud.heard.filter((message) => message.type === "measures");
const isConnected = () => until(async () => (await host.status())?.link.kind === "connected", "connected");

it("says what services use while the cloud asks for it, from the first moment on, and no longer", async () => {
  await host.start();
  await isConnected();
  await host.see("web", ({ pid }) => pid !== null, "runs");
  await host.run("stop", "off");
  expect(cloud.hellos()[0]).toMatchObject({ streams: true });
  expect(measures()).toEqual([]);
  cloud.tell({ type: "stream", everyMs: 1_000 });
  await until(() => measures().length >= 3, "three words of it");
  const [web, off] = measures().at(-1)?.services ?? [];
  expect(web).toMatchObject({ name: "web", cpu: expect.any(Number), threads: 1 });
  expect(web?.memoryBytes).toBeGreaterThan(100_000);
  expect(off).toEqual({ name: "off", cpu: null, memoryBytes: null, threads: null, openFiles: null });
  cloud.tell({ type: "stream", everyMs: 0 });
  await host.run("stop", "web");
  await until(async () => (await host.status())?.link.unsent === 0, "everything else is told");
  const before = measures().length;
  await host.run("start", "web");
  // A restart that takes longer than a second: a stream would have gone on meanwhile.
  await until(
    async () => ((await host.service("web"))?.upSinceMs ?? Date.now()) < Date.now() - 2_500,
    "up for a while",
  );
  expect(measures()).toHaveLength(before);
});

it("what one connection was asked for ends with it: the next cloud may know nobody who looks", async () => {
  await host.start();
  await isConnected();
  cloud.tell({ type: "stream", everyMs: 1_000 });
  await until(() => measures().length > 0, "a word of it");
  cloud.cut();
  await until(() => cloud.hellos().length > 1, "a second hello");
  await isConnected();
  const before = measures().length;
  await host.run("restart", "web");
  await until(
    async () => ((await host.service("web"))?.upSinceMs ?? Date.now()) < Date.now() - 2_500,
    "up for a while",
  );
  expect(measures()).toHaveLength(before);
});

/** Of the clock; even ones are told with the one after them. */
const hour = (number: number): HourSample => ({ hourMs: number * 3_600_000, coveredMs: 1, services: [] });

/** A ground on which hours end when the test says so. */
function uses(): { uses: Uses; end: (hour: HourSample) => void; said: () => number[] } {
  const sent: AgentMessage[] = [];
  let end: (ended: HourSample) => void = () => {};
  const ground = {
    ...{ uses: () => [], refresh: () => {}, watch: () => () => {} },
    onHour: (ended: (hour: HourSample) => void) => void (end = ended),
  };
  const made = new Uses(ground, (message) => void sent.push(message));
  const said = () =>
    sent.splice(0).flatMap((message) => (message.type === "sample" ? [message.hourMs / 3_600_000] : []));
  return { uses: made, end: (ended) => end(ended), said };
}

it("two hours are told together until they are recorded, also after the connection broke", () => {
  const it = uses();
  it.end(hour(1));
  expect(it.said(), "nobody is there, or an older cloud that would not know it").toEqual([]);
  it.uses.tellHours();
  expect(it.said()).toEqual([1]);
  it.uses.recorded(hour(1).hourMs);
  it.end(hour(2));
  expect(it.said(), "it waits for the next one").toEqual([]);
  it.end(hour(3));
  expect(it.said()).toEqual([2, 3]);
  it.uses.recorded(hour(2).hourMs);
  it.uses.stop();
  it.end(hour(4));
  expect(it.said()).toEqual([]);
  it.uses.tellHours();
  expect(it.said(), "with a connection that comes anew, it waits still").toEqual([3]);
});

it("an hour that waits for the next one is told when the agent leaves, or when the next one had nothing to tell", () => {
  const it = uses();
  it.uses.tellHours();
  it.end(hour(4));
  expect(it.said()).toEqual([]);
  it.uses.tellRest();
  expect(it.said()).toEqual([4]);
  it.end(hour(6));
  expect(it.said(), "told again, it is recorded once").toEqual([4]);
  it.end(hour(8));
  expect(it.said()).toEqual([4, 6]);
});

it("of hours that nobody took, the last day is kept", () => {
  const it = uses();
  for (let i = 1; i <= 30; i++) it.end(hour(i));
  it.uses.tellHours();
  expect(it.said(), "the newest waits for the next one").toEqual(Array.from({ length: 23 }, (_, i) => i + 7));
});
