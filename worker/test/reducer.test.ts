import { describe, expect, it } from "vitest";
import type { FleetView, HostView, IncidentView, LiveMessage } from "../src/live.ts";
import { reduceFleet } from "../src/pages/fleet-reducer.ts";
import { snapshot } from "./test-agent.ts";

const host = (id: string, name = id): HostView => ({
  ...{ id, name, os: "Debian", arch: "x64", agentVersion: "1", link: "online" as const, lastSeenMs: 1, linkSinceMs: 1 },
  ...{ remote: [], services: [] },
});
const incident = (id: string, openedMs: number, closedMs: number | null = null): IncidentView => ({
  ...{ id, kind: "restart-loop" as const, hostId: "h1", hostName: "h1", service: "web", title: id, cause: "" },
  ...{ openedMs, closedMs, causeCode: null, lastLines: [], told: [] },
});
const empty: FleetView = { hosts: [], incidents: [], commands: [] };
const after = (...messages: LiveMessage[]) => messages.reduce(reduceFleet, empty);
const web = { id: "h1.web", snapshot: snapshot() };

describe("an open dashboard", () => {
  it("shows a new host at its place by name, and keeps its services when it changes", () => {
    const shown = after(
      { type: "host", host: host("h2", "b") },
      { type: "host", host: host("h1", "a") },
      { type: "service", hostId: "h1", service: web },
      { type: "host", host: { ...host("h1", "a"), link: "silent" } },
    );
    expect(shown.hosts.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(shown.hosts[0]).toMatchObject({ link: "silent", services: [web] });
  });

  it("shows what services use; what is known of it stays while their state changes, and is not another host's", () => {
    const use = { name: "web", cpu: 0.5, memoryBytes: 2048, threads: 1, openFiles: 9 };
    const shown = after(
      { type: "host", host: host("h1") },
      { type: "host", host: host("h2") },
      { type: "service", hostId: "h1", service: web },
      { type: "service", hostId: "h2", service: { ...web, id: "h2.web" } },
      { type: "measures", hostId: "h1", services: [use, { ...use, name: "not-there" }] },
      { type: "service", hostId: "h1", service: { ...web, snapshot: snapshot({ restarts: 1 }) } },
    );
    expect(shown.hosts[0]?.services).toMatchObject([{ use, snapshot: { restarts: 1 } }]);
    expect(shown.hosts[1]?.services[0]?.use).toBeUndefined();
  });

  it("the same message twice changes nothing more", () => {
    const messages: LiveMessage[] = [
      { type: "host", host: host("h1") },
      { type: "service", hostId: "h1", service: web },
      { type: "incident", incident: incident("i1", 1) },
      { type: "command", command: { id: "c1", hostId: "h1", service: "web", verb: "restart", by: "Anna", steps: [] } },
    ];
    const once = after(...messages);
    expect(messages.reduce(reduceFleet, once)).toEqual(once);
  });

  it("what is gone is gone", () => {
    const shown = after(
      { type: "host", host: host("h1") },
      { type: "service", hostId: "h1", service: web },
      { type: "service-removed", hostId: "h1", name: "web" },
      { type: "host", host: host("h2") },
      { type: "host-removed", hostId: "h2" },
    );
    expect(shown.hosts.map(({ id, services }) => [id, services.length])).toEqual([["h1", 0]]);
  });

  it("open incidents come first, and none of them is ever dropped; of the closed the latest are kept", () => {
    const closed = Array.from({ length: 30 }, (_, i): LiveMessage => ({
      type: "incident",
      incident: incident(`closed${i}`, i, i + 1),
    }));
    const open = Array.from({ length: 30 }, (_, i): LiveMessage => ({
      type: "incident",
      incident: incident(`open${i}`, i),
    }));
    const shown = after(...closed, ...open).incidents;
    expect(shown.slice(0, 30).every(({ closedMs }) => closedMs === null)).toBe(true);
    expect(shown.slice(30).map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => `closed${29 - i}`));
  });

  it("the answer to an order that comes after its first steps does not undo them", () => {
    const command = { id: "c1", hostId: "h1", service: "web", verb: "restart" as const, by: "Anna" };
    const queued = { step: "queued" as const, atMs: 1, detail: "" };
    const done = { step: "done" as const, atMs: 2, detail: "" };
    const shown = after(
      { type: "command", command: { ...command, steps: [queued, done] } },
      { type: "command", command: { ...command, steps: [queued] } },
    );
    expect(shown.commands[0]?.steps).toEqual([queued, done]);
  });

  it("a whole view replaces everything", () => {
    const whole: FleetView = { ...empty, hosts: [host("h9")] };
    expect(reduceFleet(after({ type: "host", host: host("h1") }), { type: "fleet", fleet: whole })).toEqual(whole);
  });
});
