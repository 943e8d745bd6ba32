import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { d1File } from "../faults/records.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { serviceOn } from "./house/service.ts";
import { until } from "./house/until.ts";

let house: House;
let owner: Member;
let host: StoryHost;

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  const port = await claimPorts();
  host = await house.addHost("aurora", "web-1", `services:\n${serviceOn("web", port, "health: /healthz")}`);
  await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  await isRecorded();
});

afterAll(() => house.end());

function isRecorded(): Promise<unknown> {
  return until("everything to be recorded", () => {
    const link = host.status()?.link;
    return link?.kind === "connected" && link.unsent === 0;
  });
}

/** What D1 has of the service's changes, each with how often. */
function flips(): { seq: number; verdict: string }[] {
  const d1 = new DatabaseSync(d1File(house), { readOnly: true });
  const rows = d1.prepare("select seq, verdict from flip where subject_id like '%.web' order by seq").all();
  d1.close();
  return rows.map(({ seq, verdict }) => ({ seq: Number(seq), verdict: String(verdict) }));
}

it("the Fleet's disk is lost, and things happen meanwhile: it knows again what D1 and the hosts know, nothing twice, nothing lost", async () => {
  const before = await host.see("web", ({ pid }) => pid !== null, "runs");
  const recorded = flips();
  await house.serveAgain(() => {
    rmSync(join(house.dataDir, "fleet", "afloat-Fleet"), { recursive: true });
    process.kill(before.pid ?? 0, "SIGKILL");
  });
  const after = await host.see(
    "web",
    ({ verdict, restarts }) => verdict === "healthy" && restarts === before.restarts + 1,
    "is back",
  );
  await isRecorded();
  const [shown, ...others] = (await house.fleetOf(owner)).hosts;
  expect(others).toEqual([]);
  expect(shown).toMatchObject({ name: "web-1", link: "online" });
  expect(shown?.services[0]?.snapshot).toMatchObject({ pid: after.pid, restarts: after.restarts });
  const now = flips();
  expect(now.slice(0, recorded.length), "what was recorded stands").toEqual(recorded);
  const news = now.slice(recorded.length).map(({ verdict }) => verdict);
  expect(news[0]).not.toBe("healthy");
  expect(news.at(-1)).toBe("healthy");
});

it("afterwards Restart works as ever", async () => {
  const before = await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  const hostId = await house.hostIdOf(owner, "web-1");
  const seen = await owner.watch();
  const ordered = await owner.post("/app/commands", { hostId, service: "web", verb: "restart" });
  expect(ordered.status).toBe(201);
  await until("the command to be done", () =>
    seen.messages.some((message) => message.type === "command" && message.command.steps.at(-1)?.step === "done"),
  );
  seen.close();
  const after = await host.see("web", ({ verdict, pid }) => verdict === "healthy" && pid !== before.pid, "is up anew");
  expect(after.pid).not.toBe(before.pid);
});
