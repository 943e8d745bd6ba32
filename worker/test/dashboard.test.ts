import { describe, expect, it } from "vitest";
import { makeHost, makeOrganization } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";
import { VERBS } from "@afloat/shared/domain";
import { env } from "cloudflare:workers";
import { readFirstView } from "../src/fleet/first-view.ts";
import type { CommandView, FleetView, HostView, IncidentView, ServiceView } from "../src/live.ts";
import {
  answerOf,
  headline,
  type Model,
  shownCommand,
  shownHosts,
  summary,
  unshownHosts,
} from "../src/pages/dashboard/model.ts";
import { allowWords, choicesOf } from "../src/pages/dashboard/verbs.ts";
import { flip, loopOpened, snapshot, TestAgent } from "./test-agent.ts";

const host = (remote: HostView["remote"]): HostView => ({
  ...{ id: "h1", name: "web-1", os: "Debian", arch: "x64", agentVersion: "1", link: "online", lastSeenMs: 0 },
  ...{ linkSinceMs: 0, remote, services: [] },
});

describe("the menu beside Restart", () => {
  const owner = { role: "owner" as const, verbs: [...VERBS] };
  const reasons = (of: ReturnType<typeof choicesOf>) => of.map(({ verb, why }) => `${verb}: ${why ?? "may be asked"}`);

  it("offers what the host allows and the service can do now, and says of the rest why not", () => {
    expect(reasons(choicesOf(host(["restart", "stop", "start", "logs"]), snapshot(), owner))).toEqual([
      "check: not allowed there",
      "logs: may be asked",
      "start: started already",
      "resume: not allowed there",
      "pause: not allowed there",
      "stop: may be asked",
    ]);
    const paused = snapshot({ desired: "pause", state: "paused", verdict: "paused" });
    expect(reasons(choicesOf(host([...VERBS]), paused, owner)).slice(2)).toEqual([
      "start: may be asked",
      "resume: may be asked",
      "pause: paused already",
      "stop: paused already",
    ]);
  });

  it("holds Restart, too, where that has no button, and says what would allow more", () => {
    expect(reasons(choicesOf(host([]), snapshot(), owner))[0]).toBe("restart: not allowed there");
    expect(allowWords(host([]), owner.verbs)).toContain("web-1 allows nothing from afar");
    expect(allowWords(host([...VERBS]), owner.verbs)).toBeNull();
    const responder = { role: "responder" as const, verbs: VERBS.filter((verb) => verb !== "stop") };
    expect(reasons(choicesOf(host([...VERBS]), snapshot(), responder)).at(-1)).toBe("stop: not as responder");
  });
});

describe("the first line", () => {
  const incident = (kind: IncidentView["kind"], closedMs: number | null = null): IncidentView => ({
    ...{ id: kind, kind, hostId: "h1", hostName: "web-1", service: "web", title: `web-1 / web ${kind}`, cause: "" },
    ...{ causeCode: null, openedMs: 0, closedMs, lastLines: [], told: [] },
  });
  const line = (...incidents: IncidentView[]) => {
    const services = [{ id: "h1.web", snapshot: snapshot() }];
    return headline({ hosts: [{ ...host([]), services }], incidents, commands: [] }, 0);
  };

  it("says what needs a person, else that all is afloat, and then, too, that a check looks wrong", () => {
    expect(line()).toBe("Everything is afloat");
    expect(line(incident("endpoint-unproven", 1))).toBe("Everything is afloat");
    const doubted = incident("endpoint-unproven");
    expect(line(doubted)).toBe("Everything is afloat, and one health check looks wrong");
    expect(line(doubted, doubted)).toBe("Everything is afloat, and 2 health checks look wrong");
    expect(line(doubted, incident("restart-loop"))).toBe("web-1 / web restart-loop");
    expect(line(incident("port-conflict"), incident("restart-loop"))).toBe("2 things need a person");
  });
});

describe("a large fleet", () => {
  const hostNamed = (name: string, link: HostView["link"] = "online"): HostView => ({
    ...{ id: name, name, os: "Debian", arch: "x64", agentVersion: "1", link, lastSeenMs: 1, linkSinceMs: 1 },
    ...{ remote: [], services: [] },
  });
  const model = (fleet: FleetView, filter = ""): Model => ({
    ...{
      fleet,
      role: "owner",
      mayAsk: [...VERBS],
      mayRevoke: true,
      mayAcknowledge: true,
      nowMs: 2_000,
      staleSinceMs: null,
      filter,
    },
    ...{ asking: null, menu: null, faults: {}, at: null, tails: {}, lookedFor: [], closed: [] },
  });

  it("has rows for some hosts, those that need a person first; a search finds the others", () => {
    const hosts = Array.from({ length: 1_000 }, (_, i) => hostNamed(`host-${String(i).padStart(4, "0")}`));
    hosts[999] = hostNamed("host-0999", "silent");
    const all = model({ hosts, incidents: [], commands: [] });
    expect(
      shownHosts(all)
        .map(({ name }) => name)
        .slice(0, 2),
    ).toEqual(["host-0999", "host-0000"]);
    expect(shownHosts(all).length + unshownHosts(all)).toBe(1_000);
    const found = model({ hosts, incidents: [], commands: [] }, "host-08");
    expect([shownHosts(found).length, unshownHosts(found)]).toEqual([100, 0]);
  });

  it("is counted whole from the first, before all of it has come", () => {
    const fleet = {
      hosts: [hostNamed("a")],
      incidents: [],
      commands: [],
      rest: { hosts: 7_999, silent: 2, services: 9 },
    };
    expect(headline(fleet, 0)).toBe("7998 of 8000 hosts are heard");
    expect(summary(fleet)).toBe("8000 hosts · 9 services");
    expect(unshownHosts(model(fleet))).toBe(7_999);
  });

  it("comes with its counts and those hosts that need a person, and not with all of it", async () => {
    const organizationId = await makeOrganization();
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 600)
       insert into host (id, organization_id, name, os, arch, tags, remote, link, link_since_ms, created_ms)
       select 'd' || i || ?1, ?1, 'host-' || i, 'Debian', 'x64', '[]', '[]', iif(i = 599, 'silent', 'online'), 0, 0 from n`,
    )
      .bind(organizationId)
      .run();
    const view = await readFirstView(env.DB, organizationId, Date.now());
    expect(view.hosts[view.hosts.findIndex(({ link }) => link === "silent")]?.name).toBe("host-599");
    expect([view.hosts.length, view.rest]).toEqual([100, { hosts: 500, silent: 0, services: 0 }]);
    const small = await makeOrganization();
    expect((await readFirstView(env.DB, small, Date.now())).rest).toBeUndefined();
  });
});

describe("what became of a command", () => {
  const service: ServiceView = { id: "h1.web", snapshot: snapshot() };
  const ended = (verb: CommandView["verb"], step: "done" | "failed"): CommandView => ({
    ...{ id: "c1", hostId: "h1", service: "web", verb, by: "Anna" },
    steps: [
      { step: "queued", atMs: 0, detail: "" },
      { step, atMs: 1_000, detail: "what was found" },
    ],
  });
  const model = (command: CommandView, more: Partial<Model> = {}): Model => ({
    ...{ fleet: { hosts: [], incidents: [], commands: [command] }, role: "owner", mayAsk: [...VERBS] },
    ...{
      mayRevoke: true,
      mayAcknowledge: true,
      nowMs: 2_000,
      staleSinceMs: null,
      filter: "",
      asking: null,
      menu: null,
      faults: {},
    },
    ...{ at: null, tails: {}, lookedFor: [], closed: [], ...more },
  });

  it("stands where its button was for a moment, and longer where it did not end well", () => {
    const shown = (step: "done" | "failed", nowMs: number) =>
      shownCommand(model(ended("restart", step), { nowMs }), "h1", "web") !== null;
    expect([shown("done", 9_000), shown("done", 9_001)]).toEqual([true, false]);
    expect([shown("failed", 21_000), shown("failed", 21_001)]).toEqual([true, false]);
  });

  it("is told under the service where somebody looked: for everybody a check, for who asked the lines", () => {
    expect(answerOf(model(ended("check", "done")), "h1", service)?.words).toBe("what was found");
    expect(answerOf(model(ended("check", "done"), { closed: ["c1"] }), "h1", service)).toBeNull();
    expect(answerOf(model(ended("check", "done"), { nowMs: 121_000 }), "h1", service)).toBeNull();
    expect(answerOf(model(ended("logs", "done")), "h1", service)).toBeNull();
    const mine = { lookedFor: ["c1"] };
    expect(answerOf(model(ended("logs", "done"), mine), "h1", service)?.words).toContain("lost on their way");
    const tail = { command: "c1", hostId: "h1", service: "web", atMs: 900, lines: ["boom"] };
    const got = model(ended("logs", "done"), { ...mine, tails: { c1: tail } });
    expect(answerOf(got, "h1", service)?.lines).toEqual(["boom"]);
  });
});

/** The server's own page, before any script runs. */
async function dashboard(): Promise<{ agent: TestAgent; html: () => Promise<string> }> {
  const organizationId = await makeOrganization();
  const cookie = await signIn(organizationId, "owner");
  const agent = await TestAgent.greet(await makeHost(organizationId));
  return { agent, html: async () => (await as(cookie, "GET", "/app")).text() };
}

describe("the dashboard, as the server paints it", () => {
  it("reads like a colleague: what is wrong with a check, how we know, and the line to write", async () => {
    const { agent, html } = await dashboard();
    await agent.tells(
      flip(1, {
        verdict: "degraded",
        reasonCode: "unproven-endpoint",
        reason: "GET /health → 404; it never answered",
        endpoint: { what: "GET /health", proven: false, lastOkMs: null, last: "404", lastMs: 2, retired: false },
        diagnosis: {
          ...{ code: "wrong-path", what: "The path is most likely wrong.", proof: "/healthz answers." },
          ...{ write: "health: /healthz", where: "afloat.yaml:14" },
        },
      }),
    );
    const text = await html();
    for (const words of [
      "degraded",
      "unproven",
      "The path is most likely wrong.",
      "health: /healthz",
      "afloat.yaml:14",
      'href="/runbook#wrong-path"',
    ]) {
      expect(text).toContain(words);
    }
  });

  it("has trouble on top, with its cause and its last lines", async () => {
    const { agent, html } = await dashboard();
    const opened = loopOpened(1);
    await agent.tells(opened, flip(2, { loop: opened.loop }));
    const text = await html();
    expect(text).toContain("<h1>web-1 / web is restarting in a loop</h1>");
    expect(text).toContain("exits with code 3 within 0.3 s of every start");
    expect(text).toContain("boom");
    expect(text).toContain("restart loop");
    expect(text, "what to do about it is one click away").toContain('href="/runbook#loop-exit-code"');
  });

  it("shows nothing as healthy of a host that is not heard", async () => {
    const { agent, html } = await dashboard();
    await agent.tells(flip(1));
    expect(await html()).toContain('data-verdict="healthy"');
    agent.say({ type: "bye", planned: true });
    agent.say({ type: "events", events: [flip(2)] });
    await agent.hears("ack", ({ recorded }) => recorded === 2);
    const text = await html();
    expect(text).toContain('data-link="away"');
    expect(text).not.toContain('data-verdict="healthy"');
  });

  it("whatever a host says is text: it can end neither an element nor the script that carries it", async () => {
    const { agent, html } = await dashboard();
    const evil = `</script><script>alert(1)</script><!-- \u2028`;
    await agent.tells(flip(1, { reason: evil, verdict: "degraded", reasonCode: "regressed-endpoint" }));
    const text = await html();
    expect(text).not.toContain("<script>alert");
    expect(text).not.toContain("</script><script>");
    expect(text).not.toContain("<!--");
  });

  it("teaches the next step where there is nothing yet", async () => {
    const cookie = await signIn(await makeOrganization(), "owner");
    const text = await (await as(cookie, "GET", "/app")).text();
    expect(text).toContain("No host yet");
    expect(text).toContain('href="/app/hosts/new"');
  });

  it("is kept by nobody, and loads nothing but itself", async () => {
    const organizationId = await makeOrganization();
    const answer = await as(await signIn(organizationId, "owner"), "GET", "/app");
    await answer.text();
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });
});
