import { setTimeout as wait } from "node:timers/promises";
import type { HostView, LiveMessage } from "@afloat/worker/live";
import type { Member } from "../stories/house/member.ts";
import { changeKey, type Tally } from "./tally.ts";

/** A page that was dropped connects anew after so long, as the real one does at first. */
const REOPEN_MS = 250;

/** What the dashboard of a member shows, kept up to date as the page does it, and how soon each change was there. */
export class WatchedPage {
  readonly hosts = new Map<string, { link: HostView["link"]; verdicts: Map<string, string> }>();
  /** From the change on the host to the message at the page, milliseconds. */
  tookMs: number[] = [];
  /** When each host that is silent was shown so, by this process's clock. */
  readonly silentMs = new Map<string, number>();
  /** Open incidents of silent hosts, by host, and when each was shown, by this process's clock; and all that ever opened. */
  readonly offline = new Map<string, number>();
  readonly everOffline = new Map<string, number>();
  readonly #tally: Tally;
  /** Times that the server dropped it: too much at once, or a deploy. */
  drops = 0;
  /** A line to each Fleet of the organization; the first says how many there are. */
  #lines: ({ close: () => void } | null)[] = [];
  #isOpen = false;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** Opens it, and anew whenever the server drops it, until it is closed. */
  async open(member: Member): Promise<void> {
    this.close();
    this.#isOpen = true;
    await this.#line(member, 0);
  }

  async #line(member: Member, shard: number): Promise<void> {
    const again = () => {
      this.drops++;
      void wait(REOPEN_MS).then(() => (this.#isOpen ? this.#reopen(member, shard, again) : undefined));
    };
    this.#lines[shard] = null;
    this.#lines[shard] = await member.watch((message) => this.#hear(member, message), again, shard);
  }

  async #reopen(member: Member, shard: number, again: () => void): Promise<void> {
    try {
      this.#lines[shard] = await member.watch((message) => this.#hear(member, message), again, shard);
    } catch {
      // The server is not back yet.
      again();
    }
  }

  #hear(member: Member, message: LiveMessage): void {
    const shards = message.type === "fleet" ? (message.shard?.of ?? 1) : 0;
    for (let shard = this.#lines.length; shard < shards; shard++) {
      void this.#line(member, shard).catch((error: unknown) => console.error(`shard ${shard} is not seen`, error));
    }
    this.#take(message);
  }

  close(): void {
    this.#isOpen = false;
    for (const line of this.#lines) line?.close();
    this.#lines = [];
  }

  #take(message: LiveMessage): void {
    switch (message.type) {
      case "fleet":
        for (const host of message.fleet.hosts) {
          this.#host(host);
          for (const { snapshot } of host.services) this.#service(host.id, snapshot);
        }
        for (const incident of message.fleet.incidents) this.#incident(incident);
        return;
      case "host":
        return this.#host(message.host);
      case "host-removed":
        return void this.hosts.delete(message.hostId);
      case "service":
        return this.#service(message.hostId, message.service.snapshot);
      case "incident":
        return this.#incident(message.incident);
      case "measures":
      case "service-removed":
      case "command":
      case "tail":
      case "maintenance":
      case "set-aside":
        return undefined;
    }
  }

  #host({ id, link }: Pick<HostView, "id" | "link">): void {
    if (link !== "silent") this.silentMs.delete(id);
    else if (!this.silentMs.has(id)) this.silentMs.set(id, performance.now());
    const known = this.hosts.get(id);
    if (known === undefined) this.hosts.set(id, { link, verdicts: new Map() });
    else known.link = link;
  }

  #service(hostId: string, snapshot: HostView["services"][number]["snapshot"]): void {
    this.hosts.get(hostId)?.verdicts.set(snapshot.name, snapshot.verdict);
    const key = changeKey(hostId, snapshot);
    const madeMs = this.#tally.madeMs.get(key);
    if (madeMs === undefined) return;
    this.#tally.madeMs.delete(key);
    this.tookMs.push(performance.now() - madeMs);
  }

  #incident(incident: { kind: string; id: string; hostId: string; closedMs: number | null }): void {
    if (incident.kind !== "host-offline") return;
    if (incident.closedMs !== null) return void this.offline.delete(incident.hostId);
    if (this.offline.has(incident.hostId)) return;
    this.everOffline.set(incident.hostId, (this.everOffline.get(incident.hostId) ?? 0) + 1);
    this.offline.set(incident.hostId, performance.now());
  }
}
