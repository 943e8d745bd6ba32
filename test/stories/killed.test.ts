import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { serviceOn } from "./house/service.ts";
import { until } from "./house/until.ts";

let house: House;
let owner: Member;
let host: StoryHost;

beforeEach(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  host = await house.addHost(
    "aurora",
    "web-1",
    `services:\n${serviceOn("web", await claimPorts(), "health: /healthz")}`,
  );
  await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  await isRecorded();
});

afterEach(() => house.end());

/** Every event of the host is in the database, and the host was told so. */
function isRecorded(): Promise<unknown> {
  return until("everything to be recorded", () => {
    const link = host.status()?.link;
    return link?.kind === "connected" && link.unsent === 0;
  });
}

it("kill -9 of the agent: services keep their processes, the next agent adopts them, and the dashboard says no other", async () => {
  const before = await host.see("web", ({ pid }) => pid !== null, "runs");
  await host.kill();
  host.start();
  const after = await host.see("web", ({ verdict }) => verdict === "healthy", "is adopted");
  expect(after.pid).toBe(before.pid);
  expect(after.restarts).toBe(before.restarts);
  await isRecorded();
  const [shown] = (await house.fleetOf(owner)).hosts;
  expect(shown?.link).toBe("online");
  expect(shown?.services[0]?.snapshot.pid).toBe(before.pid);
});

it("kill -9 of the server, while things happen: agents return by themselves, and every change is recorded once", async () => {
  const before = await host.see("web", ({ pid }) => pid !== null, "runs");
  process.kill(house.server.pid(), "SIGKILL");
  // Things happen while nobody listens.
  process.kill(before.pid ?? 0, "SIGKILL");
  await host.see(
    "web",
    ({ verdict, restarts }) => verdict === "healthy" && restarts === before.restarts + 1,
    "is back",
  );
  await isRecorded();
  const after = await host.see("web", ({ pid }) => pid !== null, "runs");
  const [shown] = (await house.fleetOf(owner)).hosts;
  expect(shown?.services[0]?.snapshot).toMatchObject({ pid: after.pid, restarts: 1, lastExit: { signal: "SIGKILL" } });
});

it("kill -9 of the server again and again under a stream of changes loses nothing that was acknowledged", async () => {
  for (let round = 1; round <= 3; round++) {
    const { pid } = await host.see("web", (web) => web.pid !== null && web.verdict === "healthy", "runs");
    process.kill(pid ?? 0, "SIGKILL");
    process.kill(house.server.pid(), "SIGKILL");
    await host.see("web", ({ verdict, restarts }) => verdict === "healthy" && restarts === round, "is back");
    await isRecorded();
  }
  const [shown] = (await house.fleetOf(owner)).hosts;
  expect(shown?.services[0]?.snapshot.restarts).toBe(3);
});

it("kill -9 of the agent in the middle of a command: it is told as interrupted, and never done again", async () => {
  // Stopping takes long enough to be interrupted.
  const program = fileURLToPath(new URL("./programs/slow-to-stop.mjs", import.meta.url));
  const slow = await house.addHost(
    "aurora",
    "slow-1",
    `services:\n  slow: { command: [node, ${JSON.stringify(program)}] }\n`,
  );
  await slow.see("slow", ({ verdict }) => verdict === "healthy", "is up");
  const hostId = await house.hostIdOf(owner, "slow-1");
  const seen = await owner.watch();
  await owner.post("/app/commands", { hostId, service: "slow", verb: "restart" });
  const stepsSeen = () =>
    seen.messages.flatMap((message) =>
      message.type === "command" ? message.command.steps.map(({ step }) => step) : [],
    );
  await until("the command to run", () => stepsSeen().includes("running"));
  await slow.kill();
  slow.start();
  await until("the command to be told as interrupted", () => stepsSeen().includes("interrupted"));
  const after = await slow.see("slow", ({ verdict }) => verdict === "healthy", "is up");
  seen.close();
  expect(stepsSeen()).not.toContain("done");
  expect(after.desired).toBe("run");
  // An exit that no agent watched counts as a restart beside the one that was asked for: what is counted here is starts.
  const starts = slow.log().match(/slow: starting: starting/g) ?? [];
  expect(starts.length, "stopped and started once at most").toBeLessThanOrEqual(2);
});

it("an agent that is stopped on purpose is away, not silent; back again, it is online", async () => {
  host.run(["down", "--for", "2h"]);
  const away = await until("the dashboard to say so", async () => {
    const [first] = (await house.fleetOf(owner)).hosts;
    return first?.link === "away" ? first : null;
  });
  expect(away.absence?.why).toBe("planned");
  expect((away.absence?.untilMs ?? 0) - away.linkSinceMs, "it is missed after as long as it said").toBe(7_200_000);
  const page = await (await fetch(`${house.server.url}/s/aurora.json`)).text();
  expect(page, "nothing heard is unknown, never green").toContain('"status":"unknown"');
  host.start();
  await until("the dashboard to say so", async () => (await house.fleetOf(owner)).hosts[0]?.link === "online");
});
