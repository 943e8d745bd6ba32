import type { AgentMessage } from "@afloat/shared/wire";
import { failedBy, type TlsFacts } from "./answer.ts";
import type { LinkEvent, Via } from "./core/link-types.ts";
import type { Ear, Transport } from "./transport.ts";
import { type Way, wayTo } from "./way.ts";

/** Whom to call, and what to say to keep alive. */
export interface Calling {
  /** The cloud's address, and the file of authorities that is trusted for it; null for those that Node trusts. */
  cloud: () => string;
  authority: () => string | null;
  credential: () => string;
  beat: () => AgentMessage;
  turn: (event: LinkEvent) => void;
  heard: (text: string) => void;
  /** The connection is over. */
  gone: () => void;
}

/** Makes connections, one at a time. What an earlier one still says is not heard. */
export class Dialler {
  readonly #calling: Calling;
  #transport: Transport | null = null;
  #dialled = 0;
  #closed = false;

  constructor(calling: Calling) {
    this.#calling = calling;
  }

  async dial(via: Via): Promise<void> {
    const dialled = ++this.#dialled;
    const { cloud, turn, heard, gone } = this.#calling;
    const isCurrent = () => this.#dialled === dialled;
    const ear: Ear = {
      opened: () => void (isCurrent() && turn({ kind: "opened" })),
      pong: () => void (isCurrent() && turn({ kind: "pong" })),
      heard: (text) => void (isCurrent() && heard(text)),
      ended: (how) => {
        if (!isCurrent()) return;
        this.#transport = null;
        gone();
        turn({ kind: "ended", how });
      },
    };
    try {
      const transport = await this.#open(via, ear);
      if (isCurrent() && !this.#closed) this.#transport = transport;
      else transport.close();
    } catch (error) {
      if (isCurrent()) turn({ kind: "ended", how: failedBy(error, cloud()) });
    }
  }

  /** Nothing is lost by it: what was on the way is said again on the next connection. */
  drop(): void {
    this.#dialled++;
    this.#transport?.close();
    this.#transport = null;
    this.#calling.gone();
  }

  send(message: AgentMessage): void {
    this.#transport?.send(message);
  }

  beat(): void {
    this.#transport?.beat();
  }

  /** What TLS agreed on; null without it. */
  tls(): TlsFacts | null {
    return this.#transport?.tls() ?? null;
  }

  async finish(): Promise<void> {
    this.#closed = true;
    await this.#transport?.finish();
  }

  async #open(via: Via, ear: Ear): Promise<Transport> {
    const { cloud, authority, credential, beat } = this.#calling;
    const way: Way = wayTo(cloud(), authority());
    // Loaded only now: a host without a cloud does not pay for them.
    if (via === "socket") return (await import("./socket.ts")).openSocket(way, credential(), ear);
    return (await import("./http.ts")).openHttp(way, credential(), beat, ear);
  }
}
