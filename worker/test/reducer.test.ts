import { describe, expect, it } from "vitest";
import type { OpenIncident } from "../src/fleet/core/fleet-types.ts";
import { overlay } from "../src/fleet/core/overlay.ts";
import { isWith } from "../src/fleet/core/placement.ts";
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

  it("of an organization that is spread has each shard's hosts from it alone; the others stay as they were", () => {
    const ids = Array.from({ length: 40 }, (_, i) => `h${i}`);
    const of = 3;
    const told = (at: number, more: Partial<FleetView> = {}): LiveMessage => {
      const hosts = ids.filter((id) => isWith({ at, of }, id)).map((id) => ({ ...host(id), services: [web] }));
      return { type: "fleet", shard: { at, of }, fleet: { ...empty, hosts, ...more } };
    };
    const rest = { hosts: 39, silent: 5, services: 39 };
    const first: FleetView = { ...empty, hosts: [{ ...host("h7"), services: [web] }], rest };
    const all = [told(0), told(1), told(2)].reduce(reduceFleet, first);
    expect(all.hosts.map(({ id }) => id)).toEqual([...ids].sort());
    expect(all.rest).toMatchObject({ hosts: 0, services: 0 });
    const one = reduceFleet(first, told(1));
    expect(one.hosts.length + (one.rest?.hosts ?? 0)).toBe(40);
    const fewer = reduceFleet(all, { type: "fleet", shard: { at: 1, of }, fleet: empty });
    expect(fewer.hosts.map(({ id }) => id)).toEqual([...ids].sort().filter((id) => !isWith({ at: 1, of }, id)));
    // Brought together again, it is told whole.
    expect(reduceFleet(all, { type: "fleet", fleet: empty }).hosts).toEqual([]);
  });

  it("counts what was set aside by all shards, and shows the newest", () => {
    const aside = (count: number, atMs: number) => ({ count, atMs, hostId: "h1", why: `${atMs}` });
    const told = (at: number, count: number, atMs: number): LiveMessage[] => [
      { type: "fleet", shard: { at, of: 2 }, fleet: { ...empty, setAside: aside(count, atMs) } },
    ];
    expect(after(...told(0, 2, 5), ...told(1, 3, 4)).setAside).toEqual(aside(5, 5));
    const later: LiveMessage = { type: "set-aside", setAside: aside(4, 6), at: 1 };
    expect(after(...told(0, 2, 5), ...told(1, 3, 4), later).setAside).toEqual(aside(6, 6));
    expect(after(...told(0, 2, 5), { type: "fleet", shard: { at: 0, of: 2 }, fleet: empty }).setAside).toBeNull();
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

  it("who was told of an incident and who looks after it stays while the Fleet, which knows neither, says more of it", () => {
    const people = { told: [{ channel: "Slack", atMs: 2, ok: true }], acknowledged: { by: "Anna", atMs: 3 } };
    const shown = after(
      { type: "incident", incident: { ...incident("a", 1), ...people } },
      { type: "incident", incident: incident("a", 1, 9) },
    );
    expect(shown.incidents).toMatchObject([{ closedMs: 9, ...people }]);
    const later = { ...people, told: [{ channel: "Mail", atMs: 5, ok: true }, ...people.told] };
    expect(
      reduceFleet(shown, { type: "incident", incident: { ...incident("a", 1), ...later } }).incidents,
    ).toMatchObject([later]);
    const view = incident("a", 1);
    const recorded = { ...empty, incidents: [{ ...view, ...people }] };
    const live = {
      hosts: [],
      incidents: [{ view, subjectId: "h1.web", untold: false }] as OpenIncident[],
      commands: [],
    };
    expect(overlay(recorded, { ...live, pending: [], setAside: null, maintenance: [] }).incidents).toMatchObject([
      people,
    ]);
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
