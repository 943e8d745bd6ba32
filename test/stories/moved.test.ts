import { DatabaseSync } from "node:sqlite";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { d1File } from "../faults/records.ts";
import { openBrowser } from "./house/browser.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { Receiver } from "./house/receiver.ts";
import { serviceOn } from "./house/service.ts";
import { until } from "./house/until.ts";

let house: House;
let browser: Browser;
let owner: Member;
let page: Page;
const hosts: StoryHost[] = [];
const receiver = new Receiver();
const NAMES = ["web-1", "web-2", "web-3"];

beforeAll(async () => {
  house = await House.build({ fleetCells: 2 });
  owner = await house.found("aurora");
  const channel = { slug: "aurora", name: "On call", url: await receiver.listen() };
  receiver.secret = (await house.server.operator<{ secret: string }>("/channel", channel)).secret;
  for (const name of NAMES) {
    // It is killed again and again: that is no loop here.
    const more = "health: /healthz\n    loop: [{ restarts: 50, within: 5m }]";
    const services = `services:\n${serviceOn("web", await claimPorts(), more)}`;
    hosts.push(await house.addHost("aurora", name, services));
  }
  browser = await openBrowser();
  page = await owner.open(browser);
  await page.locator('[data-live="yes"]').waitFor();
});

afterAll(async () => {
  await browser.close();
  receiver.close();
  await house.end();
});

interface Standing {
  place: string;
  nextPlace: string | null;
  waits: string | null;
}
const move = (to: { cell: number | null } | { shards: number }) =>
  house.server.operator<Standing>("/move", { slug: "aurora", ...to });

/** What D1 has of the changes of all services; each number of a host once. */
function recorded(): string[] {
  const d1 = new DatabaseSync(d1File(house), { readOnly: true });
  const rows = d1.prepare("select subject_id, seq from flip where journal_id <> 'fleet' order by 1, 2").all();
  d1.close();
  return rows.map((row) => `${String(row["subject_id"])} ${String(row["seq"])}`);
}

async function isRecorded(): Promise<void> {
  for (const host of hosts) {
    await until("everything to be recorded", () => {
      const link = host.status()?.link;
      return link?.kind === "connected" && link.unsent === 0;
    });
  }
}

/** On each host the service is killed; while it comes back the organization is moved. All of that is seen on the page that was open before. */
async function movedWhileThingsHappen(to: { cell: number | null } | { shards: number }): Promise<void> {
  const before = await Promise.all(
    hosts.map((host) => host.see("web", ({ verdict }) => verdict === "healthy", "is up")),
  );
  for (const { pid } of before) process.kill(pid ?? 0, "SIGKILL");
  expect(await move(to)).toMatchObject({ nextPlace: null, waits: null });
  const after = await Promise.all(
    hosts.map((host, i) =>
      host.see(
        "web",
        ({ verdict, restarts }) => verdict === "healthy" && restarts === (before[i]?.restarts ?? 0) + 1,
        "is back",
      ),
    ),
  );
  await isRecorded();
  for (const [i, name] of NAMES.entries()) {
    const row = page.locator(`[data-service="${name}/web"][data-verdict="healthy"][data-pid="${after[i]?.pid}"]`);
    await row.waitFor();
  }
  await page.locator('[data-live="yes"]').waitFor();
  const shown = (await house.fleetOf(owner)).hosts;
  expect(shown.map(({ name, link }) => [name, link])).toEqual(NAMES.map((name) => [name, "online"]));
}

describe("an organization that is moved while its hosts are at work", () => {
  it("begins in the cell that the setting gives it", async () => {
    await isRecorded();
    const d1 = new DatabaseSync(d1File(house), { readOnly: true });
    const places = d1.prepare("select place from placement").all();
    d1.close();
    expect(places).toEqual([{ place: expect.stringMatching(/^cell-[01]$/) }]);
  });

  it("into another cell", () => movedWhileThingsHappen({ cell: 7 }));
  it("to three Fleets of its own", () => movedWhileThingsHappen({ shards: 3 }));
  it("whose page says so where one of these cannot be reached, and shows what the others say", async () => {
    const cut = await owner.open(browser);
    await cut.routeWebSocket(/shard=1$/, (socket) => socket.close());
    await cut.reload();
    await cut.getByText("1 of 3 parts of the fleet is not live").waitFor();
    expect(await cut.locator('[data-live="no"]').count()).toBe(1);
    await cut.context().close();
  });

  it("and has each of its hosts restart a service, whichever Fleet it is with", async () => {
    for (const host of hosts) {
      const name = NAMES[hosts.indexOf(host)] ?? "";
      const before = await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
      const row = page.locator(`[data-service="${name}/web"]`);
      await row.getByRole("button", { name: "Restart" }).click();
      await row.locator("[data-confirm]").click();
      await host.see("web", ({ verdict, pid }) => verdict === "healthy" && pid !== before.pid, "is up anew");
    }
  });
  it("to two of them", () => movedWhileThingsHappen({ shards: 2 }));
  it("and back to one", () => movedWhileThingsHappen({ shards: 1 }));

  it("of which nobody was told a host were gone, and of which nothing is recorded twice", () => {
    // That a service did not answer for a moment is so: it was killed.
    const ofHosts = receiver.received.filter(({ data }) => data.incident["service"] === null);
    expect(ofHosts).toEqual([]);
    const all = recorded();
    expect(new Set(all).size).toBe(all.length);
    // Four times killed, once restarted: each time not healthy, then healthy again, at least.
    for (const id of new Set(all.map((each) => each.split(" ")[0]))) {
      expect(all.filter((each) => each.startsWith(`${id} `)).length).toBeGreaterThanOrEqual(10);
    }
  });

  it("and is not moved to where nothing can be", async () => {
    await expect(move({ shards: 31 })).rejects.toThrow("with 1 to 30 shards");
    await expect(move({ shards: 0 })).rejects.toThrow("with 1 to 30 shards");
  });
});
