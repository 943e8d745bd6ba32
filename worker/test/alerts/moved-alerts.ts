import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { alertsFor } from "../../src/alerts/alerts-for.ts";
import type { News } from "../../src/alerts/core/alert-types.ts";
import { incident, notice } from "../../src/db/schema.ts";
import { db, makeHost, makeOrganization, type TestHost } from "../ground.ts";
import { eventually } from "../test-agent.ts";

/** So far ahead that no alarm of the platform's own clock ever rings: the test rings them. */
export const START_MS = Date.UTC(2096, 1, 28, 20);

/** The Alerts of an organization of its own, in moved time. */
export class MovedAlerts {
  readonly organizationId: string;
  readonly host: TestHost;
  /** How often its alarm rang. */
  rings = 0;

  private constructor(organizationId: string, host: TestHost) {
    this.organizationId = organizationId;
    this.host = host;
  }

  /** Whoever calls this takes the clock back. */
  static async make(): Promise<MovedAlerts> {
    vi.useFakeTimers({ toFake: ["Date"], now: START_MS });
    const organizationId = await makeOrganization();
    return new MovedAlerts(organizationId, await makeHost(organizationId));
  }

  get object() {
    return alertsFor(env, this.organizationId);
  }

  /** Ids are one's own in each test: all share one database. */
  idOf(name: string): string {
    return `${this.organizationId}-${name}`;
  }

  nameOf(id: string): string {
    return id.slice(this.organizationId.length + 1);
  }

  /** An incident opened, or was over: D1 has it, and its Fleet hands it over. */
  async happens(name: string, phase: "opened" | "closed", said: Partial<News["incident"]> = {}): Promise<void> {
    const news = this.news(name, phase, said);
    await this.record([news]);
    await this.object.news(this.organizationId, [news]);
  }

  news(name: string, phase: "opened" | "closed", said: Partial<News["incident"]> = {}): News {
    const nowMs = Date.now();
    const id = this.idOf(name);
    const evidence = { lastLines: [], exit: null, restarts: 4, spanMs: 1, causeCode: null };
    return {
      ...{ incidentId: id, phase, atMs: nowMs, late: false },
      incident: {
        ...{ kind: "restart-loop", subjectId: `${this.host.id}.${name}`, serviceName: name, hostTags: [] },
        ...{ hostId: this.host.id, hostName: this.host.name, evidence, openedMs: nowMs },
        ...{ title: `web-1 / ${name} is restarting in a loop`, cause: "4 restarts in 38 s" },
        closedMs: phase === "closed" ? nowMs : null,
        ...said,
      },
    };
  }

  /** As a Fleet records it before it hands it over. */
  async record(all: readonly News[]): Promise<void> {
    for (const { incidentId: id, phase, atMs, incident: facts } of all) {
      const { organizationId } = this;
      const { hostName: _hostName, hostTags: _hostTags, needs: _needs, ...row } = facts;
      await db()
        .insert(incident)
        .values({ id, organizationId, ...row })
        .onConflictDoUpdate({ target: incident.id, set: { closedMs: facts.closedMs } });
      await db()
        .insert(notice)
        .values({ id: `${id}.${phase}`, organizationId, incidentId: id, phase, createdMs: atMs })
        .onConflictDoNothing();
    }
  }

  /** Lets time pass, alarm by alarm, and waits each time until nothing is under way. */
  async pass(forMs: number): Promise<void> {
    const untilMs = Date.now() + forMs;
    for (let rings = 0; ; rings++) {
      if (rings > 5_000) throw new Error("the alarm rings again and again");
      await this.settled();
      const dueMs = await runInDurableObject(this.object, (_, { storage }) => storage.getAlarm());
      if (dueMs === null || dueMs > untilMs) break;
      vi.setSystemTime(Math.max(dueMs, Date.now()));
      this.rings += 1;
      await runDurableObjectAlarm(this.object);
    }
    vi.setSystemTime(untilMs);
  }

  /** Time in which the alarm was late. */
  leap(byMs: number): void {
    vi.setSystemTime(Date.now() + byMs);
  }

  async ring(): Promise<void> {
    await runDurableObjectAlarm(this.object);
  }

  /** What was due went out, and what came of it is known. */
  async settled(): Promise<void> {
    await eventually("nothing to be under way", async () => (await this.object.standing()).underWay === 0 || null, 1);
  }
}
