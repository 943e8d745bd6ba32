import { loadHosts } from "./load-host.ts";
import type { LoadedHost } from "./store.ts";

/** Hosts in one load: of each its services come with it, and all of them are in memory at once. */
const TOGETHER = 100;

/** Hosts of one organization that somebody asked for, and who waits for them. */
type Asked = Map<string, PromiseWithResolvers<LoadedHost | null>>;

/**
 * Hosts as D1 holds them now. Whoever asks while D1 is being read is answered by the next reading, together with all others who asked
 * meanwhile: of thousands that connect at once, each would else cost four queries of its own.
 */
export class HostLoader {
  readonly #d1: D1Database;
  readonly #asked = new Map<string, Asked>();
  #isReading = false;

  constructor(d1: D1Database) {
    this.#d1 = d1;
  }

  /** The host; null where the organization has no such host. Rejects where D1 cannot be read. */
  load(organizationId: string, hostId: string): Promise<LoadedHost | null> {
    const asked = this.#asked.get(organizationId) ?? new Map();
    this.#asked.set(organizationId, asked);
    const answer = asked.get(hostId) ?? Promise.withResolvers<LoadedHost | null>();
    asked.set(hostId, answer);
    if (!this.#isReading) void this.#read();
    return answer.promise;
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    for (;;) {
      const [next] = this.#asked;
      if (next === undefined) break;
      const [organizationId, asked] = next;
      const some: Asked = new Map([...asked].slice(0, TOGETHER));
      for (const hostId of some.keys()) asked.delete(hostId);
      // One organization after the other: a large one does not hold up those that share this Fleet with it.
      this.#asked.delete(organizationId);
      if (asked.size > 0) this.#asked.set(organizationId, asked);
      await this.#answer(organizationId, some);
    }
    this.#isReading = false;
  }

  async #answer(organizationId: string, asked: Asked): Promise<void> {
    try {
      const loaded = await loadHosts(this.#d1, organizationId, [...asked.keys()]);
      const byId = new Map(loaded.map((each) => [each.host.id, each]));
      for (const [hostId, { resolve }] of asked) resolve(byId.get(hostId) ?? null);
    } catch (cause) {
      if (asked.size > 1) await this.#singly(organizationId, asked);
      else for (const { reject } of asked.values()) reject(cause);
    }
  }

  /** One host that cannot be read must not keep out the others. */
  async #singly(organizationId: string, asked: Asked): Promise<void> {
    await Promise.all([...asked].map(([hostId, answer]) => this.#answer(organizationId, new Map([[hostId, answer]]))));
  }
}
