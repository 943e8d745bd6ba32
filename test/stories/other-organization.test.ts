import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { claimPorts } from "../claim-ports.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { serviceOn } from "./house/service.ts";

let house: House;
let owner: Member;
let stranger: Member;
let host: StoryHost;
let hostId: string;
let channelId: string;

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  stranger = await house.found("borealis");
  host = await house.addHost(
    "aurora",
    "secret-host",
    `services:\n${serviceOn("secret-service", await claimPorts(), "health: /healthz")}`,
  );
  await host.see("secret-service", ({ verdict }) => verdict === "healthy", "is up");
  hostId = await house.hostIdOf(owner, "secret-host");
  const channel = { slug: "aurora", name: "secret-channel", url: "http://127.0.0.1:9/hook" };
  channelId = (await house.server.operator<{ id: string }>("/channel", channel)).id;
  await owner.post("/app/watch/heartbeat", { url: "http://127.0.0.1:9/secret-heartbeat", minutes: 60 });
});

afterAll(() => house.end());

describe("another organization", () => {
  it("sees nothing: not on the dashboard, not pushed to it, not among the channels", async () => {
    for (const path of [
      "/app",
      "/app/incidents",
      "/app/incidents.json",
      "/app/deliveries",
      "/app/rules",
      "/app/silences",
      "/app/channels",
      "/app/watch",
      "/app/watch.json",
      "/app/hosts/new",
    ]) {
      const answer = await stranger.get(path);
      expect(answer.status, path).toBe(200);
      expect(await answer.text(), path).not.toContain("secret-");
    }
    expect(await house.fleetOf(stranger)).toEqual({
      hosts: [],
      incidents: [],
      commands: [],
      maintenance: [],
      setAside: null,
    });
    const seen = await stranger.watch();
    host.run(["restart", "secret-service"]);
    await owner.get("/app");
    expect(JSON.stringify(seen.messages)).not.toContain("secret-");
    seen.close();
  });

  it("commands nothing, removes nothing, and leaves no trace in the audit log", async () => {
    const before = await host.see("secret-service", ({ pid }) => pid !== null, "runs");
    const command = { hostId, service: "secret-service", verb: "restart" };
    expect((await stranger.post("/app/commands", command)).status).toBe(404);
    expect((await stranger.submit(`/app/hosts/${hostId}/revoke`, {})).status).toBe(404);
    for (const act of ["", "/test", "/rotate", "/ask", "/disable", "/enable", "/remove"]) {
      const fields = { name: "Mine", url: "https://evil.example/hook" };
      expect((await stranger.submit(`/app/channels/${channelId}${act}`, fields)).status, act).toBe(404);
    }
    expect((await stranger.get(`/app/channels/${channelId}`)).status).toBe(404);
    for (const act of ["test", "remove"]) {
      expect((await stranger.submit(`/app/watch/heartbeat/${act}`, {})).status, act).toBe(404);
    }
    const after = await host.see("secret-service", ({ pid }) => pid !== null, "runs");
    expect(after.pid).toBe(before.pid);
    const told = (await house.auditLines("aurora")).filter(({ actorKind }) => actorKind === "person");
    expect(told.map(({ action }) => action)).toEqual(["heartbeat.set"]);
  });

  it("its host, with its own credential, is another organization's: it appears there and nowhere else", async () => {
    const theirs = await house.addHost("borealis", "their-host", "services: {}\n");
    expect((await house.fleetOf(stranger)).hosts.map(({ name }) => name)).toEqual(["their-host"]);
    expect((await house.fleetOf(owner)).hosts.map(({ name }) => name)).toEqual(["secret-host"]);
    expect(theirs.dir).not.toBe(host.dir);
  });
});

describe("nobody in particular", () => {
  it("is sent to sign in, and told so by everything else", async () => {
    const page = await fetch(`${house.server.url}/app`, { headers: { accept: "text/html" }, redirect: "manual" });
    expect(page.headers.get("location")).toBe("/sign-in");
    for (const [method, path] of [
      ["POST", "/app/commands"],
      ["POST", `/app/hosts/${hostId}/revoke`],
      ["POST", "/app/hosts/new"],
      ["POST", "/app/channels"],
      ["POST", `/app/channels/${channelId}`],
      ["POST", `/app/channels/${channelId}/test`],
      ["GET", "/app/watch.json"],
      ["POST", "/app/watch/heartbeat"],
      ["POST", "/app/watch/heartbeat/test"],
      ["GET", "/app/live"],
    ]) {
      const headers = { origin: house.server.url };
      const answer = await fetch(house.server.url + path, { method: method ?? "", headers, redirect: "manual" });
      expect(answer.status, `${method} ${path}`).toBe(401);
    }
    for (const [path, init] of [
      ["/agent/messages", { method: "POST", body: '{"messages":[]}' }],
      ["/agent/enroll", { method: "POST", body: "{}" }],
      ["/agent/connect", {}],
    ] as const) {
      expect((await fetch(house.server.url + path, init)).status, path).toBe(401);
    }
  });

  it("a page of another site can do nothing with a member's cookies", async () => {
    const headers = { cookie: owner.cookie, origin: "https://evil.example", "content-type": "application/json" };
    const body = JSON.stringify({ hostId, service: "secret-service", verb: "restart" });
    const answer = await fetch(`${house.server.url}/app/commands`, { method: "POST", headers, body });
    expect(answer.status).toBe(403);
    const socket = new WebSocket(`${house.server.url.replace("http", "ws")}/app/live`, {
      headers: { cookie: owner.cookie, origin: "https://evil.example" },
    });
    const refused = await new Promise((resolve) => {
      socket.once("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.once("open", () => resolve("open"));
    });
    expect(refused).toBe(403);
  });

  it("the sign-in link works once", async () => {
    const { url } = await house.server.operator<{ url: string }>("/sign-in-link", { email: "aurora@afloat.local" });
    const first = await fetch(url, { redirect: "manual" });
    const second = await fetch(url, { redirect: "manual" });
    expect(first.headers.getSetCookie().join()).toContain("session_token");
    expect(second.headers.getSetCookie().join()).not.toContain("session_token");
  });

  it("the operator's own door is not among the server's routes", async () => {
    for (const path of ["/migrate", "/found", "/sign-in-link", "/enrolment-key", "/channel", "/audit"]) {
      const answer = await fetch(house.server.url + path, { method: "POST", body: '{"slug":"aurora"}' });
      expect(answer.status, path).toBe(404);
    }
    const create = await fetch(`${house.server.url}/api/auth/organization/create`, { method: "POST", body: "{}" });
    expect(create.status, "nor are better-auth's").toBe(404);
  });
});
