import { createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { type ProcessStat, statOf } from "../src/process/proc.ts";
import { listenerAmong } from "../src/process/sockets.ts";
import { noteShortage } from "../src/process/shortage.ts";
import { listenersSeenBy } from "../src/process/socket-table.ts";
import { findHeir } from "../src/supervisor/heir.ts";

/** Who took over is never missed for a look at the sockets that came too early: it would be killed as a remnant. */

/** An exit of what is no child of the agent: how it ended is not known. */
const UNKNOWN = { code: null };
/** Nobody here listens at it. */
const NOWHERE = 1;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** This process takes a port. */
async function takePort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server on TCP has an address");
  return address.port;
}

function ourselves(): ProcessStat {
  const stat = statOf(process.pid);
  if (stat === null) throw new Error("we are there");
  return stat;
}

it("a port that was taken since somebody else's look is seen", async () => {
  listenersSeenBy("self", 0);
  const port = await takePort();
  expect(listenerAmong([ourselves()], [port])?.pid).toBe(process.pid);
});

it("one look that found nobody at the port settles nothing", async () => {
  const ports = [NOWHERE];
  let looks = 0;
  const find = async () => {
    if (looks === 1) ports.push(await takePort());
    looks += 1;
    return [ourselves()];
  };
  const heir = await findHeir({ find }, { ports, forks: false, check: { startPeriodMs: 0 } }, UNKNOWN, () => false);
  expect(heir?.pid).toBe(process.pid);
  expect(looks).toBe(2);
});

it("where nobody takes the port in two looks, nobody took over", async () => {
  let looks = 0;
  const find = async () => {
    looks += 1;
    return [ourselves()];
  };
  const spec = { ports: [NOWHERE], forks: false, check: { startPeriodMs: 0 } };
  expect(await findHeir({ find }, spec, UNKNOWN, () => false)).toBeNull();
  expect(looks).toBe(2);
});

it.each([
  ["no port", [], 0],
  ["a port that it never takes", [NOWHERE], 200],
])("a daemon that forks, with %s, is followed: what it listens at is for probes to judge", async (_, ports, ms) => {
  const spec = { ports, forks: true, check: { startPeriodMs: ms } };
  const find = async () => [ourselves()];
  expect((await findHeir({ find }, spec, { code: 0 }, () => false))?.pid).toBe(process.pid);
});

it.each([UNKNOWN, { code: 1 }])("after an end that was no success (%o) nobody was forked", async (exit) => {
  const spec = { ports: [], forks: true, check: { startPeriodMs: 0 } };
  expect(await findHeir({ find: async () => [ourselves()] }, spec, exit, () => false)).toBeNull();
});

it("a look for which no descriptor was free settles nothing", async () => {
  let looks = 0;
  const find = async () => {
    looks += 1;
    if (looks <= 3) noteShortage(Object.assign(new Error("too many open files"), { code: "EMFILE" }));
    return [ourselves()];
  };
  const spec = { ports: [NOWHERE], forks: false, check: { startPeriodMs: 0 } };
  expect(await findHeir({ find }, spec, UNKNOWN, () => false)).toBeNull();
  expect(looks).toBe(4);
});
