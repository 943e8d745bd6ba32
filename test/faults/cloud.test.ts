import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { House } from "../stories/house/house.ts";
import type { Member } from "../stories/house/member.ts";
import { until } from "../stories/house/until.ts";
import { D1Lock } from "./d1-lock.ts";
import { FaultHost } from "./fault-host.ts";
import { allIsToldOnce, somethingHappens } from "./ground.ts";
import { d1Story } from "./records.ts";

/** Faults of the cloud itself, and of hosts that are not as they should be: afterwards all three records tell the same story. */

let house: House;
let owner: Member;
let host: FaultHost;
const d1 = new D1Lock();

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  host = await FaultHost.enrol(house, "aurora", "web-1", ["web"]);
});
afterAll(async () => {
  await host.end();
  await house.end();
});
beforeEach(async () => {
  await host.kill();
  host.proxy.calm();
  await host.start();
  await host.isRecorded();
});
afterEach(() => d1.letGo());

/** Waits until the cloud holds what happened, though its database takes nothing. */
async function isHeldOnly(): Promise<void> {
  await host.see("something waits for D1", ({ kind, unsent }) => kind === "connected" && unsent > 0);
}

/** Asks for a restart as a person does. Answers the command's id. */
async function orders(service: string): Promise<string> {
  const answer = await owner.post("/app/commands", { hostId: host.id, service, verb: "restart" });
  expect(answer.status).toBe(201);
  const ordered: { id: string } = await answer.json();
  return ordered.id;
}

const commandOf = (id: string) => d1Story(house).commands.find((command) => command.id === id);

/** Waits until D1 has the end of a command. */
function ends(id: string, withinMs?: number): Promise<string> {
  const ended = ["done", "refused", "failed", "expired", "interrupted"];
  return until(`the command to end`, () => ended.find((step) => step === commandOf(id)?.step), withinMs);
}

const loseFleet = () => rmSync(join(house.dataDir, "fleet"), { recursive: true });

it("D1 takes nothing for a while: the Fleet holds what happens, the host forgets none of it, and D1 gets it once", async () => {
  d1.take(house);
  await somethingHappens(host);
  await isHeldOnly();
  await somethingHappens(host);
  d1.letGo();
  await allIsToldOnce(house, host);
});

it("D1 takes nothing, and the server is killed meanwhile", async () => {
  d1.take(house);
  await somethingHappens(host);
  await isHeldOnly();
  process.kill(house.server.pid(), "SIGKILL");
  await somethingHappens(host);
  d1.letGo();
  await allIsToldOnce(house, host);
});

it("D1 takes nothing, and the agent is killed meanwhile: the next one sends what is not recorded", async () => {
  d1.take(house);
  await somethingHappens(host);
  await isHeldOnly();
  await host.kill();
  d1.letGo();
  await host.start();
  await allIsToldOnce(house, host);
});

it("the Fleet loses its disk, and with it what D1 never got: hosts send it again, and it is recorded once", async () => {
  d1.take(house);
  await somethingHappens(host);
  await isHeldOnly();
  await house.serveAgain(() => {
    d1.letGo();
    loseFleet();
  });
  await somethingHappens(host);
  await allIsToldOnce(house, host);
});

it("the server is killed in the midst of things, and the agent too", async () => {
  for (let round = 0; round < 2; round++) {
    await somethingHappens(host);
    process.kill(house.server.pid(), "SIGKILL");
    await host.crash("web");
    await host.kill();
    await host.start();
  }
  await allIsToldOnce(house, host);
});

it("a command that is ordered while the host is cut off is done once, when it is back", async () => {
  const before = await host.startsOnceUp("web");
  host.proxy.door = { kind: "shut" };
  host.proxy.cut();
  const id = await orders("web");
  host.proxy.calm();
  expect(await ends(id)).toBe("done");
  await allIsToldOnce(house, host);
  expect(await host.startsOnceUp("web")).toBe(before + 1);
});

it.each([1, 2, 3])(
  "a command whose connection breaks at the cloud's word number %i for it is done once",
  async (words) => {
    const before = await host.startsOnceUp("web");
    host.proxy.harm("down", { kind: "lose", after: words - 1, frames: 1 });
    const id = await orders("web");
    expect(await ends(id)).toBe("done");
    await allIsToldOnce(house, host);
    expect(await host.startsOnceUp("web")).toBe(before + 1);
  },
);

it("the Fleet loses its disk with a command on its way: the command comes to an end, and is done at most once", async () => {
  const before = await host.startsOnceUp("web");
  host.proxy.door = { kind: "shut" };
  host.proxy.cut();
  const id = await orders("web");
  await house.serveAgain(loseFleet);
  host.proxy.calm();
  await ends(id, 90_000);
  await allIsToldOnce(house, host);
  expect(await host.startsOnceUp("web")).toBeLessThanOrEqual(before + 1);
});

it("a second agent with the same credential is refused in words, and nothing of it is recorded", async () => {
  const clone = await FaultHost.enrol(house, "aurora", "web-2", ["other"]);
  clone.takeCredentialOf(host);
  await clone.start();
  try {
    const { why } = await clone.see("refused", ({ kind }) => kind === "refused");
    expect(why).toContain("in use on another machine");
    await somethingHappens(clone, "other");
    await somethingHappens(host);
    await allIsToldOnce(house, host);
  } finally {
    await clone.end();
  }
});

it("a second agent with the same credential that is first to come back after the server was killed does not take the place", async () => {
  const clone = await FaultHost.enrol(house, "aurora", "web-3", ["other"]);
  clone.takeCredentialOf(host);
  try {
    host.proxy.door = { kind: "shut" };
    process.kill(house.server.pid(), "SIGKILL");
    await clone.start();
    await clone.see("refused", ({ kind }) => kind === "refused");
    host.proxy.calm();
    await somethingHappens(host);
    await allIsToldOnce(house, host);
  } finally {
    await clone.end();
  }
});

it("somebody says once more what the host said while it was unwell: nothing is shown that is over", async () => {
  host.loops("web", true);
  await host.crash("web");
  await host.host.see("web", ({ loop }) => loop !== null, "in a loop");
  host.proxy.cut();
  await host.isRecorded();
  const recorded = [...(host.proxy.recordings.at(-1) ?? [])];
  host.loops("web", false);
  await host.host.see("web", ({ verdict, loop }) => verdict === "healthy" && loop?.closedMs !== null, "well");
  await host.isRecorded();
  await host.proxy.replay(recorded);
  await allIsToldOnce(house, host);
});

it("a host that was taken out says so, asks seldom, and runs its services; enrolled again it tells what happened since", async () => {
  const gone = await FaultHost.enrol(house, "aurora", "old-1", ["web"]);
  await gone.start();
  try {
    await gone.isRecorded();
    await owner.submit(`/app/hosts/${gone.id}/revoke`, {});
    const { why } = await gone.see("refused", ({ kind }) => kind === "refused");
    expect(why).toMatch(/revoked|not in force/);
    const { connections } = gone.proxy;
    await somethingHappens(gone);
    expect(gone.proxy.connections).toBe(connections);
    await gone.enrolWith(await house.enrolmentKey("aurora"), "--again");
    await somethingHappens(gone);
    await allIsToldOnce(house, gone);
  } finally {
    await gone.end();
  }
});
