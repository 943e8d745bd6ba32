import type { PortResult } from "@afloat/shared/core/lifecycle-types";
import type { EndpointSpec } from "@afloat/shared/spec";
import { watchShortage } from "../process/shortage.ts";
import { treeOf } from "../process/proc.ts";
import { type Held, isHeld } from "../process/sockets.ts";
import { type Listener, listenersAt, listenersSeenBy, networkOf, reachedAt } from "../process/socket-table.ts";
import { addressesCalled } from "./addresses.ts";
import { Ownership } from "./ownership.ts";
import { takesConnections } from "./port-connect.ts";

export interface PortsSeen {
  ports: PortResult[];
  /** Where the service's own processes listen; null where the system does not tell. */
  ownPorts: number[] | null;
}

/** Looks at each port once. `pid` is the service's first process, `mark` finds those that left its tree. */
export function lookAtPorts(ports: number[], pid: number, mark: string, timeoutMs: number): Promise<PortsSeen> {
  return new PortWatch(ports, null).look({ pid, mark }, { timeoutMs, nowMs: Date.now() });
}

/** How old the table of listening sockets may be for a port that was not the service's own before, milliseconds. */
const RECENT_MS = 1000;
/** The same for one that was until now: its end must not be noticed later than that. */
const FRESH_MS = 50;
/** The same while the service's process still holds the very socket that was seen listening. */
const AUDIT_MS = 10_000;

/** The listening sockets that matter to a service. */
interface Tables {
  /** In the network namespaces of its own processes. */
  own: Listener[];
  /** In the agent's, where endpoints are called from. */
  here: Listener[];
  /** True where the service can be reached from here at all. */
  isHere: boolean;
}

/**
 * Looks at the ports of a service, again and again. Closed is no listening socket in the service's own network namespace and a
 * refused connection; else it is told whose it is, as far as the system tells.
 */
export class PortWatch {
  readonly #ports: readonly number[];
  /** Where the endpoint is called on this machine. */
  readonly #called: { port: number; addresses: string[] } | null;
  #life: { pid: number; mark: string; ownership: Ownership } | null = null;
  /** Each port was the service's own: these sockets, among these rows of the tables. */
  #last: { seen: PortsSeen; held: Held[]; networks: (number | "self")[]; rows: string } | null = null;
  /** Where others listened at one of the ports while the service did, too: they do not keep it from its port. */
  readonly #neighbours = new Set<string>();

  constructor(ports: readonly number[], endpoint: EndpointSpec | null) {
    this.#ports = ports;
    this.#called = endpoint === null ? null : addressesCalled(endpoint);
  }

  async look(of: { pid: number; mark: string }, at: { timeoutMs: number; nowMs: number }): Promise<PortsSeen> {
    const wasShort = watchShortage();
    const seen = await this.#look(of, at);
    if (wasShort()) this.#forget();
    return seen;
  }

  /** What was found while not all could be seen must not be built on. */
  #forget(): void {
    [this.#life, this.#last] = [null, null];
    this.#neighbours.clear();
  }

  async #look(of: { pid: number; mark: string }, at: { timeoutMs: number; nowMs: number }): Promise<PortsSeen> {
    if (this.#life?.pid !== of.pid || this.#life.mark !== of.mark) {
      this.#life = { ...of, ownership: new Ownership(of.pid, of.mark) };
      this.#last = null;
    }
    const last = this.#last;
    if (last !== null && last.held.every(isHeld)) {
      const tables = tablesOf(last.networks, AUDIT_MS);
      if (tables !== null && this.#rowsOf(tables) === last.rows) return last.seen;
    }
    this.#last = null;
    const networks = networksOf(of.pid);
    const { ownership } = this.#life;
    const first = await this.#lookClosely(networks, ownership, last === null ? RECENT_MS : FRESH_MS, at);
    return first ?? (await this.#lookClosely(networks, ownership, 0, at)) ?? { ports: [], ownPorts: null };
  }

  async #lookClosely(
    networks: (number | "self")[],
    ownership: Ownership,
    maxAgeMs: number,
    { timeoutMs, nowMs }: { timeoutMs: number; nowMs: number },
  ): Promise<PortsSeen | null> {
    const tables = tablesOf(networks, maxAgeMs);
    if (tables === null) return this.#lookBlindly(timeoutMs);
    const own = await ownership.own(this.#ports.flatMap((port) => listenersAt(tables.own, port)));
    const isOwn = ({ inode }: Listener) => own.has(inode);
    const ports: PortResult[] = [];
    for (const port of this.#ports) {
      const rows = listenersAt(tables.own, port);
      const others = rows.filter((row) => !isOwn(row));
      if (others.length < rows.length) ports.push(this.#own(port, others, tables, isOwn, ownership, nowMs));
      else {
        const known = rows.length > 0 ? this.#others(port, others, ownership, nowMs) : null;
        // Nobody is seen to hold what was listening: he may just have left.
        const isOpen = () => rows.length > 0 && stillListen(rows, networks);
        if (known !== null) ports.push(known);
        else if (!isOpen() && !(tables.isHere && (await takesConnections(port, timeoutMs))))
          ports.push({ port, kind: "closed" });
        // Somebody is there whom the table does not know: it may be too old.
        else if (maxAgeMs > 0) return null;
        else ports.push({ port, kind: "listening", owner: "unknown" });
      }
    }
    const ownPorts = [...new Set(tables.own.filter(isOwn).map(({ port }) => port))].sort((a, b) => a - b);
    const seen = { ports, ownPorts };
    if (ports.length > 0 && ports.every((each) => each.kind === "listening" && each.owner === "own" && !each.beside)) {
      const held = this.#ports.flatMap((port) =>
        listenersAt(tables.own, port).flatMap(({ inode }) => own.get(inode) ?? []),
      );
      this.#last = { seen, held, networks, rows: this.#rowsOf(tables) };
    }
    return seen;
  }

  #own(
    port: number,
    others: Listener[],
    tables: Tables,
    isOwn: (row: Listener) => boolean,
    ownership: Ownership,
    nowMs: number,
  ): PortResult {
    const strangers = ownership.strangers(others, nowMs);
    for (const row of others) if (strangers.has(row.inode)) this.#neighbours.add(placeOf(row));
    const listening = { port, kind: "listening", owner: "own" } as const;
    if (this.#called?.port !== port) return listening;
    const answering = this.#called.addresses
      .map((address) => reachedAt(tables.here, address, port))
      .find((rows) => rows.length > 0);
    const [beside] = ownership
      .strangers(
        (answering ?? []).filter((row) => !isOwn(row)),
        nowMs,
      )
      .values();
    return beside === undefined ? listening : { ...listening, beside };
  }

  /** Null where nobody is seen to hold it. */
  #others(port: number, others: Listener[], ownership: Ownership, nowMs: number): PortResult | null {
    const rivals = others.filter((row) => !this.#neighbours.has(placeOf(row)));
    if (rivals.length === 0) return { port, kind: "closed" };
    const [stranger] = ownership.strangers(rivals, nowMs).values();
    return stranger === undefined ? null : { port, kind: "listening", owner: "foreign", ...stranger };
  }

  /** Only a connection can tell. */
  async #lookBlindly(timeoutMs: number): Promise<PortsSeen> {
    const look = async (port: number): Promise<PortResult> =>
      (await takesConnections(port, timeoutMs))
        ? { port, kind: "listening", owner: "unknown" }
        : { port, kind: "closed" };
    return { ports: await Promise.all(this.#ports.map(look)), ownPorts: null };
  }

  /** All that listens at the ports; as long as it is the same, the answers are. */
  #rowsOf({ own, here }: Tables): string {
    const rows: string[] = [];
    for (const table of own === here ? [here] : [own, here])
      for (const port of this.#ports)
        for (const row of listenersAt(table, port)) rows.push(`${placeOf(row)} ${row.inode}`);
    return rows.sort().join();
  }
}

const placeOf = ({ address, port }: Listener) => `${address} ${port}`;

/** The network namespaces of a tree of processes, each by a process that lives in it; the agent's own is `self`. */
function networksOf(pid: number): (number | "self")[] {
  const here = networkOf("self");
  const networks = new Map<string | null, number | "self">();
  for (const each of treeOf(pid)) {
    const network = networkOf(each) ?? here;
    if (!networks.has(network)) networks.set(network, network === here ? "self" : each);
  }
  return [...networks.values()];
}

function stillListen(rows: readonly Listener[], networks: (number | "self")[]): boolean {
  const now = tablesOf(networks, 0)?.own ?? [];
  return rows.some((row) => now.some(({ inode }) => inode === row.inode));
}

function tablesOf(networks: (number | "self")[], maxAgeMs: number): Tables | null {
  const here = listenersSeenBy("self", maxAgeMs);
  if (here === null) return null;
  const isHere = networks.includes("self");
  if (isHere && networks.length === 1) return { own: here, here, isHere };
  const own = networks.flatMap((each) => (each === "self" ? here : (listenersSeenBy(each, maxAgeMs) ?? [])));
  return { own, here, isHere };
}
