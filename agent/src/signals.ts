import { closeSync, openSync } from "node:fs";
import type { Goodbye } from "@afloat/shared/wire";
import type { Supervisor } from "./supervisor/supervisor.ts";

/** What SIGTERM does to the services: they run on for the next agent, or are stopped first. */
export const ON_TERM = ["leave", "stop"] as const;
export type OnTerm = (typeof ON_TERM)[number];

/** `planned`: the services were stopped as well; else they run on, and the next agent adopts them. */
export type End = (how: Ending) => void;

export interface Ending {
  code: number;
  planned: boolean;
  /** What the cloud is told of its return. */
  goodbye?: Goodbye;
}

/**
 * SIGTERM is a service manager's or an upgrade's: services run on unless `onTerm` says otherwise. Ctrl-C in a terminal stops
 * what was started there; pressed again it does not wait. A terminal that hangs up ends nothing; from anybody else SIGHUP means
 * that the configuration is to be read again.
 */
export function listenToSignals(
  { foreground, onTerm }: { foreground: boolean; onTerm: OnTerm },
  supervisor: Supervisor,
  { say, end, reread }: { say: (text: string) => void; end: End; reread: () => void },
): void {
  let stopping = false;
  const leave = (signal: string) => {
    say(`${signal}: the agent ends, its services run on`);
    end({ code: 0, planned: false });
  };
  const stop = (signal: string) => {
    if (stopping) return leave(`${signal} again`);
    stopping = true;
    say(`${signal}: stopping every service`);
    void supervisor.shutDown(say).then(() => end({ code: 0, planned: true }));
  };
  process.on("SIGTERM", () => (onTerm === "stop" ? stop("SIGTERM") : leave("SIGTERM")));
  process.on("SIGINT", () => (foreground ? stop("Ctrl-C") : leave("SIGINT")));
  const terminal = foreground && hasTerminal();
  process.on("SIGHUP", () => {
    if (terminal && !hasTerminal()) say("SIGHUP: the terminal is gone; the agent and its services go on");
    else reread();
  });
  process.on("uncaughtException", (error) => {
    say(`a bug in the agent: ${error.stack ?? error.message}; it ends, its services run on`);
    process.exit(1);
  });
}

/** True while there is a terminal that controls us: one that hung up is none any more before anybody hears of it. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    // ENXIO: there is none.
    return false;
  }
}
