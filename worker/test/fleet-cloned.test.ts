import { runDurableObjectAlarm } from "cloudflare:test";
import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { audit, incident } from "../src/db/schema.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { eventually, hello, TestAgent } from "./test-agent.ts";
import { told as toldOf } from "./told.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let host: TestHost;
let agent: TestAgent;
let startMs: number;

beforeEach(async () => {
  startMs = Date.now();
  at(0);
  host = await makeHost(await makeOrganization(), "web-1");
  agent = await TestAgent.greet(host);
});

afterEach(() => {
  vi.useRealTimers();
});

function at(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: startMs + ms });
}

const told = () => toldOf(host.organizationId);
const isTold = () => eventually("people to be told", async () => ((await told()).length > 0 ? true : null));
const cloned = async () =>
  (await db().select().from(incident).where(eq(incident.organizationId, host.organizationId)))[0];

/** The host's own agent is there. */
async function beats(ms: number): Promise<void> {
  at(ms);
  agent.heard.length = 0;
  agent.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 });
  await agent.hears("ack");
}

/** Another machine tries with the same credential. */
async function tries(ms: number, bootId = "boot2"): Promise<void> {
  await beats(ms);
  const second = await TestAgent.connect(host);
  second.say(hello({ journalId: "journal2", bootId, host: { ...hello().host, name: "copy" } }));
  expect(await second.hears("error")).toMatchObject({ code: "in-use-elsewhere" });
}

describe("a cloned machine", () => {
  it("is told to people once, and is over when it has not tried for twenty minutes", async () => {
    await tries(10 * SECOND);
    expect(await told()).toEqual([]);
    await tries(61 * SECOND);
    await tries(6 * MINUTE);
    await isTold();
    expect(await cloned()).toMatchObject({
      kind: "host-cloned",
      title: "another machine has the credential of web-1",
    });
    for (let minute = 7; minute <= 26; minute++) {
      await beats(minute * MINUTE);
      await runDurableObjectAlarm(fleetOf(host));
    }
    expect(await told()).toEqual(["host-cloned opened"]);
    expect((await cloned())?.closedMs).not.toBeNull();
  });

  it("of which there are two is told as well, though they try in turns; each is written down once", async () => {
    for (let minute = 1; minute <= 31; minute += 5) {
      await tries(minute * MINUTE);
      await tries((minute + 2) * MINUTE, "boot3");
    }
    await isTold();
    expect(await told()).toEqual(["host-cloned opened"]);
    expect((await cloned())?.openedMs).toBe(startMs + 6 * MINUTE);
    const refused = and(eq(audit.target, host.id), eq(audit.action, "host.second-machine-refused"));
    const lines = await db().select().from(audit).where(refused);
    expect(lines.length).toBe(2);
    expect(new Set(lines.map(({ detail }) => detail.bootId))).toEqual(new Set(["boot2", "boot3"]));
  });
});
