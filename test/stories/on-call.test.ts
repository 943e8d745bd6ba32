import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { breakable, breaks, kills, mends, mortal } from "./house/breakable.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { channel, hears, pageOf, toldTo } from "./house/told.ts";
import { saying, UNRULY, Unruly } from "./house/unruly.ts";
import { until } from "./house/until.ts";

/** Who is told of what when, from a process that ends to real receivers. What takes hours is lived through in moved time (worker/test/alerts). */

let house: House;
const receivers: Unruly[] = [];

beforeAll(async () => {
  house = await House.build();
});

afterAll(async () => {
  for (const receiver of receivers) receiver.close();
  await house.end();
});

interface Delivered {
  noticeId: string;
  channelId: string;
  attempts: { ok: boolean; status: number | null; answer: string }[];
}

async function deliveries(owner: Member, channelId: string): Promise<Delivered[]> {
  const { messages }: { messages: Delivered[] } = JSON.parse(await (await owner.get("/app/deliveries.json")).text());
  return messages.filter((each) => each.channelId === channelId);
}

describe("receivers that behave badly at first", () => {
  it("hear everything all the same: in order, by the same id each time, and each attempt can be read", async () => {
    const owner = await house.found("aurora");
    const inside = await new Unruly(saying(200)).listen();
    receivers.push(inside);
    const answers = {
      // Longer than anybody waits for an answer.
      slow: (response: ServerResponse) => void setTimeout(() => response.writeHead(204).end(), 15_000).unref(),
      fails: saying(500, "no room"),
      wantsPeace: saying(429, "", { "retry-after": "2" }),
      resets: UNRULY.resets,
      redirects: saying(307, "", { location: `${inside.url}/metadata` }),
    };
    const channels = new Map<string, { id: string; receiver: Unruly }>();
    for (const [name, answer] of Object.entries(answers)) {
      const made = await channel(owner, name);
      receivers.push(made.receiver);
      made.receiver.next.push(answer);
      channels.set(name, made);
    }
    const host = await house.addHost("aurora", "worker-1", `services:\n${breakable(["ingest"])}`);
    await breaks(host, "ingest");
    const all = [...channels.values()];
    await until("all to be told once more", () => all.every(({ receiver }) => receiver.came.length >= 2));
    mends(host, "ingest");
    await Promise.all(all.map(({ receiver }) => hears(receiver, "closed", "ingest")));

    for (const [name, { receiver }] of channels) {
      const told = toldTo(receiver);
      expect(
        told.map(({ phase }) => phase),
        name,
      ).toEqual(["opened", "opened", "closed"]);
      expect(told[0]?.id, "the same message, the same id").toBe(told[1]?.id);
      expect(told[2]?.id).not.toBe(told[1]?.id);
    }
    expect(inside.came, "no redirect is followed").toEqual([]);

    const attemptsOf = async (name: string) => {
      const id = channels.get(name)?.id ?? "";
      const told = await until(`what ${name} answered`, async () => {
        const found = await deliveries(owner, id);
        return found.length === 2 && found.every(({ attempts }) => attempts[0]?.ok === true) ? found : null;
      });
      // The newest attempt comes first.
      return told.flatMap(({ attempts }) =>
        attempts.length < 2 ? [] : attempts.map(({ ok, status }) => [ok, status]),
      );
    };
    expect(await attemptsOf("slow")).toEqual([
      [true, 204],
      [false, null],
    ]);
    expect(await attemptsOf("fails")).toEqual([
      [true, 204],
      [false, 500],
    ]);
    const [refused] = (await deliveries(owner, channels.get("fails")?.id ?? "")).flatMap(({ attempts }) =>
      attempts.filter(({ ok }) => !ok),
    );
    expect(refused?.answer, "what it answered is kept").toContain("no room");
    expect(await attemptsOf("wantsPeace")).toEqual([
      [true, 204],
      [false, 429],
    ]);
    expect(await attemptsOf("resets")).toEqual([
      [true, 204],
      [false, null],
    ]);
    expect(await attemptsOf("redirects")).toEqual([
      [true, 204],
      [false, 307],
    ]);
    const peace = channels.get("wantsPeace")?.receiver.came ?? [];
    expect((peace[1]?.atMs ?? 0) - (peace[0]?.atMs ?? 0), "as long as it asked for").toBeGreaterThanOrEqual(2_000);

    // A person wants it once more.
    const { id = "", receiver } = channels.get("fails") ?? {};
    const [again] = await deliveries(owner, id);
    expect((await owner.post(`/app/deliveries/${again?.noticeId}/${id}/repeat`, {})).status).toBe(202);
    await until("it to come again", () => receiver?.came.length === 4);
    expect(toldTo(receiver ?? new Unruly(saying(204))).at(-1)?.id).toBe(again?.noticeId);
  });
});

describe("of those on call", () => {
  let owner: Member;
  let host: StoryHost;
  let ops: { id: string; receiver: Unruly };
  let onCall: { id: string; receiver: Unruly };
  const tenants = Array.from({ length: 12 }, (_, i) => `tenant-${i}`);

  beforeAll(async () => {
    owner = await house.found("borealis");
    ops = await channel(owner, "Ops");
    onCall = await channel(owner, "On call");
    receivers.push(ops.receiver, onCall.receiver);
    const steps = [
      { after: "", channels: [ops.id] },
      { after: "2s", channels: [onCall.id] },
    ];
    const rule = { name: "Loops wake somebody", kinds: ["restart-loop"], tell: "these", steps };
    expect((await owner.post("/app/rules", rule)).status).toBe(201);
    host = await house.addHost(
      "borealis",
      "worker-2",
      `services:\n${breakable(["ingest", "mailer", "report"])}${mortal(tenants)}`,
    );
  });

  it("the next is told where nobody acknowledged; a link that is only looked at says nothing, its button tells all", async () => {
    await breaks(host, "ingest");
    const opened = await hears(ops.receiver, "opened", "ingest");
    const escalated = await hears(onCall.receiver, "escalated", "ingest");
    expect(escalated.title).toContain("Nobody looks after it");
    // As a link preview does it.
    expect((await fetch(escalated.acknowledge)).status).toBe(200);
    expect((await pageOf(owner, opened.incidentId)).acknowledged).toBeNull();
    const pressed = await fetch(escalated.acknowledge, { method: "POST", body: new URLSearchParams({ name: "Mara" }) });
    expect(pressed.status).toBe(200);
    expect((await hears(ops.receiver, "acknowledged", "ingest")).title).toContain("Mara (On call) looks after it");
    await hears(onCall.receiver, "acknowledged", "ingest");
    mends(host, "ingest");
    await hears(onCall.receiver, "closed", "ingest");
    await hears(ops.receiver, "closed", "ingest");
    const { why } = await pageOf(owner, opened.incidentId);
    for (const words of ["Loops wake somebody", "Ops", "On call", "Mara"]) expect(why).toContain(words);
  });

  it("nobody is told while a silence covers it, and its page says why; what stands when that ends is told then", async () => {
    const silence = { reason: "new disks", lasts: "10m", services: "mailer" };
    expect((await owner.post("/app/silences", silence)).status).toBe(201);
    const before = ops.receiver.came.length;
    await breaks(host, "mailer", "report");
    // Of the other one is told: the silenced one would have been by then.
    await hears(ops.receiver, "opened", "report");
    const incident = await until("the incident", async () => {
      const { incidents } = await house.fleetOf(owner);
      return incidents.find(({ title }) => title.includes("mailer"));
    });
    await until("its page to say why", async () => (await pageOf(owner, incident.id)).why.includes("new disks"));
    expect(
      toldTo(ops.receiver)
        .slice(before)
        .flatMap(({ services }) => services),
    ).not.toContain("mailer");
    mends(host, "report");
    await hears(ops.receiver, "closed", "report");
    const { silences } = JSON.parse(await (await owner.get("/app/silences.json")).text());
    expect((await owner.post(`/app/silences/${silences[0].id}/end`, {})).status).toBeLessThan(300);
    expect((await hears(ops.receiver, "opened", "mailer")).lines.join()).toContain("the silence “new disks”");
    mends(host, "mailer");
    await hears(ops.receiver, "closed", "mailer");
  });

  it("twelve services of one host that fail at once are one message, and so is their end", async () => {
    const before = ops.receiver.came.length;
    // All of them end in one moment, on however slow a machine.
    kills(host, ...tenants);
    const opened = await hears(ops.receiver, "opened", "tenant-0");
    expect(new Set(opened.services)).toEqual(new Set(tenants));
    host.run(["restart", ...tenants]);
    await hears(ops.receiver, "closed", "tenant-0");
    const phases = toldTo(ops.receiver)
      .slice(before)
      .map(({ phase }) => phase);
    expect(phases).toEqual(["opened", "closed"]);
  });
});
