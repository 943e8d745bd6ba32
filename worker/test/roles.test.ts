import { env } from "cloudflare:workers";
import { ROLES, type Role, type Verb, VERBS } from "@afloat/shared/domain";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { member } from "../src/db/auth-schema.ts";
import { freshId } from "../src/auth/ids.ts";
import { seal } from "../src/channels/seal.ts";
import { heartbeatOut } from "../src/db/alert-schema.ts";
import { audit, channel, command, host as hostTable, incident } from "../src/db/schema.ts";
import { db, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";
import { snapshot, TestAgent } from "./test-agent.ts";

/** Who may do what: every route of people, for every role. */
const MAY: { what: string; method: string; path: string; roles: Role[]; body?: Verb | URLSearchParams }[] = [
  { what: "see the dashboard", method: "GET", path: "/app", roles: ["owner", "admin", "responder", "viewer"] },
  { what: "see incidents", method: "GET", path: "/app/incidents", roles: ["owner", "admin", "responder", "viewer"] },
  { what: "see what was delivered", method: "GET", path: "/app/deliveries", roles: ["owner", "admin", "responder"] },
  {
    what: "see whether alerts are told",
    method: "GET",
    path: "/app/watch",
    roles: ["owner", "admin", "responder", "viewer"],
  },
  {
    what: "say who watches the watcher",
    method: "POST",
    path: "/app/watch/heartbeat",
    roles: ["owner", "admin"],
    body: new URLSearchParams({ url: "http://127.0.0.1:9/", minutes: "1" }),
  },
  { what: "try the heartbeat", method: "POST", path: "/app/watch/heartbeat/test", roles: ["owner", "admin"] },
  { what: "end the heartbeat", method: "POST", path: "/app/watch/heartbeat/remove", roles: ["owner", "admin"] },
  {
    what: "see what is silenced",
    method: "GET",
    path: "/app/silences",
    roles: ["owner", "admin", "responder", "viewer"],
  },
  {
    what: "silence something",
    method: "POST",
    path: "/app/silences",
    roles: ["owner", "admin", "responder"],
    body: new URLSearchParams({ reason: "A disk", lasts: "1h", hosts: "web-1" }),
  },
  { what: "see the rules", method: "GET", path: "/app/rules", roles: ["owner", "admin", "responder"] },
  {
    what: "write a rule",
    method: "POST",
    path: "/app/rules",
    roles: ["owner", "admin"],
    body: new URLSearchParams({ name: "Everything", channels0: "all" }),
  },
  {
    what: "restart from an incident",
    method: "POST",
    path: "/app/incident/:incident/restart",
    roles: ["owner", "admin", "responder"],
  },
  {
    what: "acknowledge",
    method: "POST",
    path: "/app/incident/:incident/acknowledge",
    roles: ["owner", "admin", "responder"],
  },
  {
    what: "write a note",
    method: "POST",
    path: "/app/incident/:incident/notes",
    roles: ["owner", "admin", "responder"],
    body: new URLSearchParams({ text: "seen" }),
  },
  { what: "command", method: "POST", path: "/app/commands", roles: ["owner", "admin", "responder"], body: "restart" },
  { what: "see who is told", method: "GET", path: "/app/channels", roles: ["owner", "admin", "responder"] },
  {
    what: "say who is told",
    method: "POST",
    path: "/app/channels",
    roles: ["owner", "admin"],
    body: new URLSearchParams({ name: "On call", url: "https://example.com/hook" }),
  },
  {
    what: "see one that is told",
    method: "GET",
    path: "/app/channels/:channel",
    roles: ["owner", "admin", "responder"],
  },
  { what: "look how to tell somebody", method: "GET", path: "/app/channels/new/slack", roles: ["owner", "admin"] },
  {
    what: "say it otherwise",
    method: "POST",
    path: "/app/channels/:channel",
    roles: ["owner", "admin"],
    body: new URLSearchParams({ name: "On call", url: "https://example.com/other" }),
  },
  { what: "send a test", method: "POST", path: "/app/channels/:channel/test", roles: ["owner", "admin"] },
  { what: "make a new secret", method: "POST", path: "/app/channels/:channel/rotate", roles: ["owner", "admin"] },
  {
    what: "tell nobody for a while",
    method: "POST",
    path: "/app/channels/:channel/disable",
    roles: ["owner", "admin"],
  },
  { what: "tell again", method: "POST", path: "/app/channels/:channel/enable", roles: ["owner", "admin"] },
  { what: "stop telling", method: "POST", path: "/app/channels/:channel/remove", roles: ["owner", "admin"] },
  { what: "see what is used", method: "GET", path: "/app/usage", roles: ["owner", "admin"] },
  { what: "look how to add a host", method: "GET", path: "/app/hosts/new", roles: ["owner", "admin"] },
  {
    what: "make an enrolment key",
    method: "POST",
    path: "/app/hosts/new",
    roles: ["owner", "admin"],
    body: new URLSearchParams({}),
  },
  { what: "revoke a host", method: "POST", path: "/app/hosts/:host/revoke", roles: ["owner", "admin"] },
];

/** What each may ask of a service: what takes it away and leaves it so is not for responders. */
const MAY_ASK: Record<Role, Verb[]> = {
  owner: [...VERBS],
  admin: [...VERBS],
  responder: ["restart", "start", "resume", "check", "logs"],
  viewer: [],
};

async function ground() {
  const organizationId = await makeOrganization();
  const host = await makeHost(organizationId);
  const agent = await TestAgent.greet(host, { services: [snapshot()], remote: [...VERBS] });
  agent.say({
    type: "events",
    events: [{ kind: "agent-started", seq: 1, atMs: Date.now(), runId: "r", version: "1" }],
  });
  await agent.hears("ack", ({ recorded }) => recorded === 1);
  const sealedUrl = await seal(env.AFLOAT_SECRET, "http://127.0.0.1:9/");
  await db().insert(heartbeatOut).values({ organizationId, sealedUrl, createdMs: Date.now() });
  return { organizationId, host, channelId: await makeChannel(organizationId), incidentId: await makeIncident(host) };
}

async function makeIncident({ organizationId, id: hostId }: TestHost): Promise<string> {
  const id = freshId();
  const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
  const words = { title: "web-1 / web is down", cause: "exited with code 1" };
  await db()
    .insert(incident)
    .values({
      ...{ id, organizationId, hostId, kind: "service-down", subjectId: `${hostId}.web`, serviceName: "web" },
      ...{ ...words, openedMs: Date.now(), evidence },
    });
  return id;
}

type Ground = Awaited<ReturnType<typeof ground>>;

function pathOf(path: string, { host, channelId, incidentId }: Ground): string {
  return path.replace(":host", host.id).replace(":channel", channelId).replace(":incident", incidentId);
}

describe.each([...ROLES])("%s", (role) => {
  it.each(MAY)("$what: as the table of roles says", async ({ method, path, roles, body }) => {
    const of = await ground();
    const cookie = await signIn(of.organizationId, role);
    const sent = typeof body === "string" ? { hostId: of.host.id, service: "web", verb: body } : body;
    const answer = await as(cookie, method, pathOf(path, of), sent);
    if (roles.includes(role)) expect([200, 201, 303]).toContain(answer.status);
    else {
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain(`as ${role} you may not do this`);
    }
  });

  it("asks of a service what the table says, and nothing else", async () => {
    const { organizationId, host } = await ground();
    const cookie = await signIn(organizationId, role);
    for (const verb of VERBS) {
      const { status } = await as(cookie, "POST", "/app/commands", { hostId: host.id, service: "web", verb });
      expect([verb, status]).toEqual([verb, MAY_ASK[role].includes(verb) ? 201 : 403]);
    }
    const own = eq(command.organizationId, organizationId);
    const asked = await db().select({ verb: command.verb }).from(command).where(own);
    expect(asked.filter(({ verb }) => !MAY_ASK[role].includes(verb))).toEqual([]);
  });

  it("can do none of it in another organization", async () => {
    const theirs = await ground();
    const cookie = await signIn(await makeOrganization("Borealis"), role);
    const command = { hostId: theirs.host.id, service: "web", verb: "restart" };
    for (const [method, path, body] of [
      ["POST", "/app/commands", command],
      ...["", "/test", "/rotate", "/ask", "/disable", "/enable", "/remove"].map(
        (act) => ["POST", `/app/channels/${theirs.channelId}${act}`, new URLSearchParams({})] as const,
      ),
      ["GET", `/app/channels/${theirs.channelId}`, undefined],
      ["POST", `/app/hosts/${theirs.host.id}/revoke`, undefined],
      ["GET", `/app/incident/${theirs.incidentId}`, undefined],
      ["POST", `/app/incident/${theirs.incidentId}/acknowledge`, undefined],
      ["POST", `/app/incident/${theirs.incidentId}/restart`, undefined],
      ["POST", `/app/incident/${theirs.incidentId}/notes`, new URLSearchParams({ text: "seen" })],
      ["POST", `/app/deliveries/${theirs.incidentId}.opened/${theirs.channelId}/repeat`, undefined],
    ] as const) {
      const answer = await as(cookie, method, path, body);
      expect([403, 404], `${method} ${path}`).toContain(answer.status);
    }
    const [still] = await db().select().from(hostTable).where(eq(hostTable.id, theirs.host.id));
    expect(still?.revokedMs).toBeNull();
    const [channelRow] = await db().select().from(channel).where(eq(channel.id, theirs.channelId));
    expect(channelRow?.disabledMs).toBeNull();
    // These name no organization: whose they are, the session says.
    for (const act of ["/test", "/remove"]) {
      expect([403, 404], act).toContain((await as(cookie, "POST", `/app/watch/heartbeat${act}`)).status);
    }
    const mine = eq(heartbeatOut.organizationId, theirs.organizationId);
    expect(await db().select({ calledMs: heartbeatOut.calledMs }).from(heartbeatOut).where(mine)).toEqual([
      { calledMs: null },
    ]);
    expect(await db().select().from(audit).where(eq(audit.organizationId, theirs.organizationId))).toEqual([]);
  });
});

describe("membership", () => {
  it("ends with the next request, though the session lives on", async () => {
    const { organizationId } = await ground();
    const cookie = await signIn(organizationId, "owner");
    expect((await as(cookie, "GET", "/app")).status).toBe(200);
    await db().delete(member).where(eq(member.organizationId, organizationId));
    const answer = await as(cookie, "GET", "/app");
    expect(answer.headers.get("location")).toBe("/sign-in?no-organization");
  });

  it("with a role that this version does not know may nothing", async () => {
    const { organizationId } = await ground();
    const answer = await as(await signIn(organizationId, "emperor"), "GET", "/app");
    expect(answer.status).toBe(302);
  });

  it("a viewer's dashboard offers no button that he may not press", async () => {
    const { organizationId } = await ground();
    const owner = await (await as(await signIn(organizationId, "owner"), "GET", "/app")).text();
    const viewer = await (await as(await signIn(organizationId, "viewer"), "GET", "/app")).text();
    expect(owner).toContain("data-restart");
    expect(owner).toContain("data-more");
    expect(viewer).not.toContain("data-restart");
    expect(viewer).not.toContain("data-more");
    expect(viewer).not.toContain("/app/hosts/new");
  });
});

describe("every change leaves a line of who did it", () => {
  it.each([
    ["command.restart", "POST", "/app/commands", "restart"],
    ["command.logs", "POST", "/app/commands", "logs"],
    ["channel.added", "POST", "/app/channels"],
    ["channel.edited", "POST", "/app/channels/:channel"],
    ["channel.tested", "POST", "/app/channels/:channel/test"],
    ["channel.secret-rotated", "POST", "/app/channels/:channel/rotate"],
    ["channel.disabled", "POST", "/app/channels/:channel/disable"],
    ["channel.removed", "POST", "/app/channels/:channel/remove"],
    ["enrolment-key.made", "POST", "/app/hosts/new"],
    ["host.revoked", "POST", "/app/hosts/:host/revoke"],
    ["incident.acknowledged", "POST", "/app/incident/:incident/acknowledge"],
    ["incident.noted", "POST", "/app/incident/:incident/notes"],
    ["heartbeat.set", "POST", "/app/watch/heartbeat"],
    ["heartbeat.tested", "POST", "/app/watch/heartbeat/test"],
    ["heartbeat.removed", "POST", "/app/watch/heartbeat/remove"],
    ["silence.begun", "POST", "/app/silences"],
    ["rule.added", "POST", "/app/rules"],
  ])("%s", async (action, method, path, verb?: string) => {
    const of = await ground();
    const { organizationId, host } = of;
    const found = MAY.find((row) => row.method === method && row.path === path);
    const body = typeof found?.body === "string" ? { hostId: host.id, service: "web", verb } : found?.body;
    const cookie = await signIn(organizationId, "owner");
    await as(cookie, method, pathOf(path, of), body);
    const lines = await db().select().from(audit).where(eq(audit.organizationId, organizationId));
    expect(lines.filter(({ action: done, actorKind }) => done === action && actorKind === "person").length).toBe(1);
  });
});
