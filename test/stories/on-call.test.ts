import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
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

/** Services that end while the file `broken-NAME` is there, at once or after some seconds, else stay up. */
function breakable(names: readonly string[], after = 0): string {
  const services = names.map(
    (name) => `  ${name}:
    command: sh -c "if [ -e broken-${name} ]; then sleep ${after}; echo 'cannot open rules.json'; exit 3; fi; exec sleep 1000"
    backoff: { min: 50ms, max: 200ms, stable_after: 1s }
`,
  );
  return services.join("");
}

/** Services that nothing starts again once they ended. */
function mortal(names: readonly string[]): string {
  return names.map((name) => `  ${name}:\n    command: sleep 1000\n    restart: never\n`).join("");
}

async function breaks(host: StoryHost, ...names: string[]): Promise<void> {
  for (const name of names) await host.see(name, ({ verdict }) => verdict === "healthy", "is up");
  for (const name of names) host.write(`broken-${name}`, "");
  kills(host, ...names);
}

/** Their processes are killed, one right after the other. */
function kills(host: StoryHost, ...names: string[]): void {
  const pids = new Map(host.services().map(({ name, pid }) => [name, pid]));
  for (const name of names) {
    const pid = pids.get(name);
    // 0 would be everybody of ours.
    if (pid === undefined || pid === null || pid === 0) throw new Error(`expected ${name} to run`);
    process.kill(pid, "SIGKILL");
  }
}

function mends(host: StoryHost, ...names: string[]): void {
  for (const name of names) host.remove(`broken-${name}`);
}

/** A webhook that hears everything, unless it is told otherwise. */
async function channel(owner: Member, name: string): Promise<{ id: string; receiver: Unruly }> {
  const receiver = await new Unruly(saying(204)).listen();
  receivers.push(receiver);
  const made = await owner.submit("/app/channels", { kind: "webhook", name, url: `${receiver.url}/hook` });
  const id = /\/app\/channels\/([a-z0-9]{24})\//.exec(await made.text())?.[1];
  if (id === undefined) throw new Error(`expected the page of ${name}, got ${made.status}`);
  return { id, receiver };
}

interface Told {
  id: string;
  type: string;
  phase: string;
  title: string;
  lines: string[];
  services: (string | null)[];
  incidentId: string;
  acknowledge: string;
}

/** What came to a receiver, each attempt. */
function toldTo({ came }: Unruly): Told[] {
  return came.map(({ headers, body }) => {
    const { type, data } = JSON.parse(body);
    const services = data.incidents.map(({ service }: { service: string | null }) => service);
    const { phase, title, lines } = data.alert;
    const rest = { incidentId: data.incident.id, acknowledge: data.acknowledge };
    return { id: String(headers["webhook-id"]), type, phase, title, lines, services, ...rest };
  });
}

async function hears(receiver: Unruly, phase: string, service: string): Promise<Told> {
  return until(`${phase} of ${service}`, () =>
    toldTo(receiver).find((told) => told.phase === phase && told.services.includes(service)),
  );
}

interface Delivered {
  noticeId: string;
  channelId: string;
  attempts: { ok: boolean; status: number | null; answer: string }[];
}

async function deliveries(owner: Member, channelId: string): Promise<Delivered[]> {
  const { messages }: { messages: Delivered[] } = JSON.parse(await (await owner.get("/app/deliveries.json")).text());
  return messages.filter((each) => each.channelId === channelId);
}

/** What the page of an incident says about who was told and who looks after it. */
async function pageOf(owner: Member, incidentId: string): Promise<{ why: string; acknowledged: unknown }> {
  const { why, acknowledged } = JSON.parse(await (await owner.get(`/app/incident/${incidentId}.json`)).text());
  return { why: why.map(({ words }: { words: string }) => words).join("\n"), acknowledged };
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

describe("what is held back", () => {
  let owner: Member;
  let host: StoryHost;
  let ops: Unruly;

  beforeAll(async () => {
    owner = await house.found("cirrus");
    ops = (await channel(owner, "Ops")).receiver;
    // While it is not there at all, the agent itself starts nothing that depends on it, and counts nothing: it is there for a while each time.
    const db = breakable(["db"], 0.5);
    const api = `${breakable(["api"])}    depends_on: [db]\n`;
    host = await house.addHost("cirrus", "worker-3", `services:\n${breakable(["web"])}${db}${api}`);
  });

  const openOf = async (service: string) =>
    (await house.fleetOf(owner)).incidents.find((each) => each.service === service && each.closedMs === null);

  const incidentOf = (service: string) => until(`the incident of ${service}`, () => openOf(service));

  it("is a service that fails while what it depends on does: its page says so, and of its end nobody hears either", async () => {
    await breaks(host, "db");
    await hears(ops, "opened", "db");
    await breaks(host, "api");
    const { id } = await incidentOf("api");
    const says = async () => (await pageOf(owner, id)).why.includes("something else explains it: worker-3 / db");
    await until("its page to say what explains it", says);
    mends(host, "db", "api");
    await hears(ops, "closed", "db");
    await until("the end of api's", async () => (await openOf("api")) === undefined);
    await until("its page to say that", async () => (await pageOf(owner, id)).why.includes("over before anybody"));
    expect(toldTo(ops).flatMap(({ services }) => services)).toEqual(["db", "db"]);
  });

  it("is one that goes and comes: the fourth time says so, and then nobody hears of it", async () => {
    for (let time = 1; time <= 4; time++) {
      await breaks(host, "web");
      await until("it to be told", () => phasesOf("web").filter((phase) => phase === "opened").length === time);
      mends(host, "web");
      await until("its end", async () => (await openOf("web")) === undefined);
      if (time < 4) await until("its end to be told", () => phasesOf("web").at(-1) === "closed");
    }
    expect(toldTo(ops).at(-1)?.lines.join()).toContain("It goes and comes, 4 times within");
    await breaks(host, "web");
    const { id } = await incidentOf("web");
    await until("its page to say why", async () => (await pageOf(owner, id)).why.includes("as was told already"));
    expect(phasesOf("web")).toEqual(["opened", "closed", "opened", "closed", "opened", "closed", "opened"]);
    mends(host, "web");
  });

  function phasesOf(service: string): string[] {
    return toldTo(ops).flatMap(({ phase, services }) => (services.includes(service) ? [phase] : []));
  }
});
