import { vi } from "vitest";

/** What came to a receiver, in order. */
export interface Received {
  url: string;
  id: string;
  /** By the clock of the test. */
  atMs: number;
  body: {
    type: string;
    data: { alert: { title: string; more: number }; incident: { id: string } | null; acknowledge: string | null };
  };
}

type Answers = (received: Received) => Response | Promise<Response>;

/**
 * Stands in for the outside: the Worker's `fetch` ends here, whatever the address, and says at what moved time. What real ones do to it is told by
 * away.test.ts and by the stories.
 */
export class Outside {
  readonly received: Received[] = [];
  readonly #answers = new Map<string, Answers>();

  constructor() {
    vi.stubGlobal("fetch", async (url: string, init: { headers: Record<string, string>; body: string }) => {
      const received = { url, id: init.headers["webhook-id"] ?? "", atMs: Date.now(), body: JSON.parse(init.body) };
      this.received.push(received);
      const answers = this.#answers.get(url);
      return answers === undefined ? new Response(null, { status: 204 }) : answers(received);
    });
  }

  /** From now on this address answers so. */
  answers(url: string, answers: Answers): void {
    this.#answers.set(url, answers);
  }

  /** From now on it hears everything. */
  hears(url: string): void {
    this.#answers.delete(url);
  }

  /** What came to this address. */
  at(url: string): Received[] {
    return this.received.filter((each) => each.url === url);
  }
}
