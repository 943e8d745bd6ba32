import { setTimeout as wait } from "node:timers/promises";
import { NotRunning, request } from "../control/client.ts";
import type { MeasuredService, Status } from "../control/protocol.ts";
import { logPlaceOf } from "../logs/ledger.ts";
import { selectLines } from "../logs/select-lines.ts";
import { ownName } from "../process/user.ts";
import { socketPathOf } from "../state/paths.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";
import { fetchStatus } from "./fetch-status.ts";
import { frameOf } from "./top/core/frame.ts";
import { press } from "./top/core/keys.ts";
import { readKeys } from "./top/core/read-keys.ts";
import { FIRST, type Sort, SORTS, type TopState } from "./top/core/top-types.ts";
import { Screen, styled } from "./top/screen.ts";

export interface TopOptions {
  sort?: string;
  json?: boolean;
}

/** Lines of a log that can be scrolled through. */
const LOG_LINES = 2000;
/** How soon an agent that is gone is looked for again, milliseconds. */
const AGAIN_MS = 1000;
/** Lines around the table: what is above it and below. */
const AROUND = 4;
/** As wide as a terminal is where nothing else is known, columns. */
const COLUMNS = 80;

/** `afloat top`: in place on a terminal, one frame elsewhere. Throws NotRunning. */
export async function top(place: Place, asked: string[], options: TopOptions): Promise<number> {
  const sort = SORTS.find((each) => each === (options.sort ?? FIRST.sort));
  if (sort === undefined) return tell(`expected --sort to be one of ${SORTS.join(", ")}, got ${options.sort}`);
  const { services, groups } = await fetchStatus(place.stateDir);
  const known = services.map(({ name }) => name);
  const named = namedServices(asked, known, groups);
  if ("fault" in named) return tell(named.fault);
  const only = (status: Status): Status =>
    asked.length === 0
      ? status
      : { ...status, services: status.services.filter(({ name }) => named.names.includes(name)) };
  if (options.json !== true && process.stdout.isTTY && process.stdin.isTTY) return new Top(place, only, sort).run();
  const status = only(await measuredOnce(place.stateDir));
  if (options.json === true) console.log(JSON.stringify(status));
  else for (const line of frameLines(status.services, sort)) console.log(line);
  return 0;
}

function tell(fault: string): number {
  console.error(fault);
  return 2;
}

/** What is used just now: the second word of the agent, since a rate needs two looks. */
async function measuredOnce(stateDir: string): Promise<Status> {
  const heard: Status[] = [];
  const startedMs = performance.now();
  await request(socketPathOf(stateDir), { call: "measure" }, (answer) => {
    if (answer.kind === "error") throw new Error(answer.message);
    if (answer.kind === "changed") heard.push(answer.status);
    return performance.now() - startedMs > 900 ? "last" : "more";
  });
  const last = heard.at(-1);
  if (last === undefined) throw new Error("the agent answered without its status");
  return last;
}

function frameLines(services: MeasuredService[], sort: Sort): string[] {
  const width = process.stdout.columns ?? (Number(process.env["COLUMNS"]) || COLUMNS);
  const seen = { services, lines: [], nowMs: Date.now(), width, height: null };
  return frameOf({ ...FIRST, sort }, seen).map(styled);
}

/** The terminal, from the first frame to `q`. */
class Top {
  readonly #place: Place;
  readonly #only: (status: Status) => Status;
  readonly #screen = new Screen();
  #state: TopState;
  #services: readonly MeasuredService[] = [];
  #lines: readonly string[] = [];
  #quit = () => {};

  constructor(place: Place, only: (status: Status) => Status, sort: Sort) {
    [this.#place, this.#only] = [place, only];
    this.#state = { ...FIRST, sort };
  }

  async run(): Promise<number> {
    const over = new AbortController();
    const quit = new Promise<void>((resolve) => (this.#quit = resolve));
    const hear = (chunk: Buffer) => this.#hear(chunk.toString("utf8"));
    process.stdin.setRawMode(true).on("data", hear);
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, this.#quit);
    process.stdout.on("resize", () => this.#draw());
    // The clock of what is shown goes on also while nothing comes, and logs grow.
    const tick = setInterval(() => this.#draw(), 1000);
    const followed = this.#follow(over.signal);
    await quit;
    over.abort();
    clearInterval(tick);
    process.stdin.off("data", hear).setRawMode(false).pause();
    this.#screen.close();
    await followed;
    return 0;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await request(
          socketPathOf(this.#place.stateDir),
          { call: "measure" },
          (answer) => {
            if (answer.kind === "error") this.#note(answer.message);
            if (answer.kind === "changed") this.#services = this.#only(answer.status).services;
            this.#draw();
            return answer.kind === "error" ? "last" : "more";
          },
          signal,
        );
      } catch (error) {
        if (!(error instanceof NotRunning)) throw error;
        this.#note(`${error.message}; what is shown is old; it is looked for again`);
      }
      // Only a wish to end interrupts it.
      await wait(AGAIN_MS, null, { signal }).catch(() => null);
    }
  }

  #hear(text: string): void {
    for (const key of readKeys(text)) {
      const page = Math.max(1, this.#screen.height - AROUND);
      const pressed = press(this.#state, key, { services: this.#services, page, lines: this.#lines.length });
      this.#state = pressed.state;
      if (pressed.wish?.kind === "quit") return this.#quit();
      if (pressed.wish?.kind === "restart") void this.#restart(pressed.wish.service);
    }
    this.#draw();
  }

  async #restart(service: string): Promise<void> {
    try {
      const call = { call: "ask" as const, verb: "restart" as const, services: [service], by: ownName() };
      await request(socketPathOf(this.#place.stateDir), call, (answer) => {
        if (answer.kind === "asked")
          for (const { kind, detail } of answer.outcomes)
            this.#note(`${service}: ${kind === "done" ? detail : `${kind}: ${detail}`}`);
        return "last";
      });
    } catch (error) {
      this.#note(`${service}: not restarted: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #note(note: string): void {
    this.#state = { ...this.#state, note };
    this.#draw();
  }

  #draw(): void {
    const { mode } = this.#state;
    if (mode.kind === "logs") {
      const choice = { count: LOG_LINES, sinceMs: null, grep: null };
      const place = logPlaceOf(this.#place.stateDir, mode.service);
      this.#lines = selectLines(mode.service, place, choice).lines.map(({ text }) => text);
    } else this.#lines = [];
    const { width, height } = this.#screen;
    const seen = { services: this.#services, lines: this.#lines, nowMs: Date.now(), width, height };
    this.#screen.show(frameOf(this.#state, seen));
  }
}
