import { connect, type Socket } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";
import { junk } from "./junk.ts";
import { openIn, pour, residentMb } from "./pour.ts";

/** Nothing that is sent to the control socket, however broken, harms the daemon or its services. */

let host: Host;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  return host.end();
});

const path = () => join(host.stateDir, "control.sock");

function client(): Socket {
  const socket = connect(path());
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

/** One line that came back. */
function answerTo(bytes: string | Buffer): Promise<string> {
  const socket = client();
  let heard = "";
  return new Promise((resolve) => {
    socket.on("data", (chunk) => {
      heard += chunk.toString("utf8");
      if (heard.includes("\n")) resolve(heard.split("\n")[0] ?? "");
    });
    socket.once("close", () => resolve(heard));
    socket.write(bytes);
  });
}

/** The daemon is the one that it was, and its services were left alone. */
async function untouched(agentPid: number | undefined, pids: readonly number[]): Promise<void> {
  const status = await until("an answer", () => host.status());
  expect(status.agent.pid).toBe(agentPid);
  expect(status.services.map(({ pid, restarts, desired }) => ({ pid, restarts, desired }))).toEqual(
    pids.map((pid) => ({ pid, restarts: 0, desired: "run" })),
  );
}

/** For how long it is poured in, milliseconds. */
const POURING_MS = 20_000;

it("random bytes, mutated and structured requests, in pieces, unread, broken off: it lives, and answers", async () => {
  host = new Host("  web: sleep 44301\n  api: sleep 44301\n");
  // As it runs on hosts: in the background, with V8's memory kept small.
  await host.afloat("up", "--daemon");
  const pids = [await host.pidOf("web"), await host.pidOf("api")];
  const daemon = (await host.status())?.agent.pid ?? 0;
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const batch = fc.record({
    pieces: fc.array(junk, { minLength: 1, maxLength: 40 }),
    manners: fc.constantFrom("reads" as const, "never reads" as const, "hangs up" as const),
  });
  const property = fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 8 }), async (batches) => {
    const leave = await Promise.all(batches.map(({ pieces, manners }) => pour(path(), pieces, manners)));
    await untouched(daemon, pids);
    for (const each of leave) each();
  });
  await fc.assert(property, {
    seed,
    numRuns: 100_000,
    interruptAfterTimeLimit: POURING_MS,
    markInterruptAsFailure: false,
    endOnFailure: true,
  });
  expect(residentMb(daemon)).toBeLessThan(120);
});

it.each([
  ["a version that cannot be made a text", '{"version":{"toString":1,"valueOf":1}}'],
  ["a version of thousands of brackets", `{"version":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
  ["nothing but brackets", "[".repeat(60_000)],
  [
    "keys of the prototype",
    '{"__proto__":{"version":1},"constructor":{"prototype":{"call":"down"}},"version":1,"id":1,"call":"x"}',
  ],
  [
    "services that are keys of the prototype",
    '{"version":1,"id":1,"call":"explain","services":["__proto__","constructor"]}',
  ],
  ["an unknown service", '{"version":1,"id":1,"call":"ask","verb":"restart","services":["ghost"],"by":"x"}'],
  ["no object", "null"],
  ["an empty line", ""],
  ["a number without end", `{"version":1,"id":${"9".repeat(50_000)},"call":"status"}`],
  ["another version", '{"version":0,"id":1,"call":"status"}'],
  ["a line that is too long", "x".repeat(200_000)],
])("%s is answered, and that is all", async (_what, line) => {
  host = new Host("  web: sleep 44302\n");
  const agent = await host.start();
  const pid = await host.pidOf("web");
  const answer = await answerTo(`${line}\n`);
  expect(() => JSON.parse(answer) as unknown, answer).not.toThrow();
  await untouched(agent.pid, [pid]);
});

it("a character that comes in two pieces is one, and many requests at once are all answered", async () => {
  host = new Host("  web: sleep 44303\n");
  await host.start();
  const bytes = Buffer.from('{"version":1,"id":1,"call":"ask","verb":"restart","services":["gh\u00F6st"],"by":"x"}\n');
  const socket = client();
  let heard = "";
  socket.on("data", (chunk) => (heard += chunk.toString("utf8")));
  const middle = bytes.indexOf(0xc3) + 1;
  socket.write(bytes.subarray(0, middle));
  await until("the first piece to be taken", async () => (await host.status()) !== null);
  socket.write(bytes.subarray(middle));
  await until("the answer", () => heard.includes("gh\u00F6st"));
  heard = "";
  socket.write('{"version":1,"id":7,"call":"status"}\n'.repeat(100));
  await until("a hundred answers", () => heard.split("\n").length === 101);
});

it("connections by the thousand, opened and left with half a line: others are answered, and services restarted", async () => {
  host = new Host("  web: { command: sleep 44304, backoff: { min: 100ms, max: 300ms } }\n");
  const agent = await host.start({ before: ["prlimit", "--nofile=1024:1024", "--"] });
  const pid = await host.pidOf("web");
  for (let i = 0; i < 3000; i++) {
    const socket = client();
    await new Promise<void>((resolve) => {
      socket.once("connect", () => socket.write('{"version":1,', () => resolve()));
      socket.once("error", () => resolve());
    });
  }
  await until("an answer", () => host.status());
  expect(openIn(agent.pid ?? 0)).toBeLessThan(300);
  process.kill(pid, "SIGKILL");
  await host.see("web", (web) => web.state === "up" && web.pid !== pid, "back");
});

it("who watches is no idler: newcomers beyond the limit take the place of who has asked nothing", async () => {
  host = new Host("  web: sleep 44305\n");
  await host.start();
  const watcher = client();
  let heard = 0;
  watcher.on("data", () => heard++);
  watcher.write('{"version":1,"id":1,"call":"watch"}\n');
  await until("the watcher to be told", () => heard > 0);
  for (let i = 0; i < 400; i++) client();
  await host.afloat("pause", "web");
  const before = heard;
  await host.afloat("resume", "web");
  await until("the watcher to be told still", () => heard > before);
  expect(watcher.destroyed).toBe(false);
});

/** Much to tell, often: fifty services, one of which never stays up. */
const BUSY = `${Array.from({ length: 50 }, (_, i) => `  s${i}: sleep 44306\n`).join("")}  loops: { command: "false", backoff: { min: 5ms, max: 10ms } }\n`;

it("a watcher that does not read is not waited for and costs next to nothing; when it reads again, it sees how it is now", async () => {
  host = new Host(BUSY);
  const agent = await host.start();
  await host.pidOf("s49");
  const slow = Array.from({ length: 20 }, () => client());
  for (const socket of slow) {
    socket.pause();
    socket.write('{"version":1,"id":1,"call":"watch"}\n');
  }
  const restartsNow = async () => (await host.service("loops"))?.restarts ?? 0;
  const begun = await restartsNow();
  const before = residentMb(agent.pid ?? 0);
  await until("three hundred restarts", async () => (await restartsNow()) > begun + 300);
  // Unread, they come to some 600 MB.
  expect(residentMb(agent.pid ?? 0) - before).toBeLessThan(60);
  await host.afloat("stop", "loops");
  let text = "";
  slow[0]?.on("data", (chunk) => (text += chunk.toString("utf8")));
  slow[0]?.resume();
  await until("the state of now", () => {
    const last = text.split("\n").at(-2) ?? "{}";
    const { status }: { status?: { services: { name: string; desired: string }[] } } = JSON.parse(last);
    return status?.services.find(({ name }) => name === "loops")?.desired === "pause";
  });
});

it("who asks again and again and never reads is dropped", async () => {
  host = new Host(BUSY.replace(/ {2}loops.*\n/, ""));
  const agent = await host.start();
  await host.pidOf("s49");
  const before = residentMb(agent.pid ?? 0);
  const greedy = client();
  greedy.pause();
  const line = '{"version":1,"id":1,"call":"status"}\n'.repeat(100);
  await until("it to be dropped", () => {
    if (!greedy.destroyed) greedy.write(line);
    return greedy.destroyed;
  });
  await until("an answer to others", () => host.status());
  expect(residentMb(agent.pid ?? 0) - before).toBeLessThan(60);
});
