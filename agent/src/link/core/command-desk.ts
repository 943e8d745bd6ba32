import type { CommandStep } from "@afloat/shared/domain";
import { type Command, COMMANDS_PER_MINUTE, decideCommand, type Doable, type HostLimits } from "./command-rules.ts";
import type { CommandMessage } from "./link-types.ts";

/**
 * Commands from afar: claimed, granted, written down, done, told. The intent is on disk before a command is done, so that
 * one which was interrupted is told as such and never repeated. Pure; the shell is commands.ts.
 */

/** Commands remembered, so that none is done twice. */
export const REMEMBERED = 200;

export interface KnownCommand {
  id: string;
  service: string;
  ended: boolean;
}

interface Claimed {
  command: Command;
  verb: Doable;
  expiresMs: number;
}

export interface DeskState {
  /** What commands.json holds. */
  known: readonly KnownCommand[];
  claimed: ReadonlyMap<string, Claimed>;
  /** When commands came lately. */
  cameMs: readonly number[];
}

export type DeskEvent =
  | { kind: "began" }
  | { kind: "heard"; message: CommandMessage }
  | { kind: "finished"; id: string; outcome: "done" | "refused" | "failed"; detail: string }
  /** Its intent could not be written: what follows `write` was left undone. */
  | { kind: "not-written"; id: string; why: string };

export type DeskEffect =
  /** `intent`: nothing that follows may be done where this fails. */
  | { kind: "write"; known: readonly KnownCommand[]; intent: string | null }
  | { kind: "tell"; id: string; step: CommandStep; detail: string }
  | { kind: "claim"; id: string }
  | { kind: "do"; id: string; verb: Doable; service: string; by: string }
  | { kind: "say"; text: string };

export interface DeskStep {
  state: DeskState;
  effects: DeskEffect[];
}

export function initialDesk(known: readonly KnownCommand[]): DeskState {
  return { known, claimed: new Map(), cameMs: [] };
}

/** One turn of the desk, by a clock that never jumps. */
export function deskStep(state: DeskState, event: DeskEvent, nowMs: number, limits: HostLimits): DeskStep {
  switch (event.kind) {
    case "began":
      return began(state);
    case "heard":
      return heard(state, event.message, nowMs, limits);
    case "finished":
      return end(state, event.id, event.outcome, event.detail);
    case "not-written":
      return end(state, event.id, "failed", `it was not done: its intent could not be written to disk (${event.why})`);
  }
}

/** What an earlier agent began and never ended. */
function began(state: DeskState): DeskStep {
  const open = state.known.filter(({ ended }) => !ended);
  if (open.length === 0) return { state, effects: [] };
  const known = state.known.map((each) => ({ ...each, ended: true }));
  const told = open.flatMap(({ id, service }): DeskEffect[] => [
    { kind: "say", text: `a command for ${service} was interrupted: the agent ended meanwhile; it is not repeated` },
    { kind: "tell", id, step: "interrupted", detail: "the agent ended while it did this; it is not repeated" },
  ]);
  return { state: { ...state, known }, effects: [...told, { kind: "write", known, intent: null }] };
}

function heard(state: DeskState, message: CommandMessage, nowMs: number, limits: HostLimits): DeskStep {
  switch (message.type) {
    case "command":
      return came(state, message, nowMs, limits);
    case "grant":
      return granted(state, message.command, nowMs);
    case "deny": {
      if (!state.claimed.has(message.command)) return { state, effects: [] };
      const say: DeskEffect = { kind: "say", text: `a command from afar was not granted: ${message.why}` };
      return { state: withoutClaim(state, message.command), effects: [say] };
    }
  }
}

/** Handed over twice, it is one command. */
function came(state: DeskState, command: Command, nowMs: number, limits: HostLimits): DeskStep {
  const { id, service, verb, by } = command;
  if (state.known.some((each) => each.id === id)) return { state, effects: [] };
  if (state.claimed.has(id)) return { state, effects: [{ kind: "claim", id }] };
  const lately = state.cameMs.filter((ms) => nowMs - ms < 60_000);
  const counted = {
    ...state,
    claimed: unexpired(state, nowMs),
    cameMs: [...lately, nowMs].slice(-2 * COMMANDS_PER_MINUTE),
  };
  const decision = decideCommand(command, limits, lately.length);
  if (decision.kind === "expired") {
    return { state: counted, effects: [{ kind: "say", text: `${verb} ${service}, asked by ${by}, came too late` }] };
  }
  if (decision.kind === "claim") {
    const claimed = new Map(counted.claimed);
    claimed.set(id, { command, verb: decision.verb, expiresMs: nowMs + command.expiresInMs });
    return { state: { ...counted, claimed }, effects: [{ kind: "claim", id }] };
  }
  // A flood must not push the host's own story out of its journal.
  if (lately.length >= 2 * COMMANDS_PER_MINUTE) return { state: counted, effects: [] };
  const known = remember(state.known, { id, service, ended: true });
  return {
    state: { ...counted, known },
    effects: [
      { kind: "say", text: `refused from afar: ${verb} ${service}, asked by ${by}: ${decision.why}` },
      { kind: "tell", id, step: "refused", detail: decision.why },
      { kind: "write", known, intent: null },
    ],
  };
}

function granted(state: DeskState, id: string, nowMs: number): DeskStep {
  const claimed = state.claimed.get(id);
  if (claimed === undefined) return { state, effects: [] };
  const { verb, command, expiresMs } = claimed;
  const { service, by } = command;
  const open = withoutClaim(state, id);
  const late = nowMs >= expiresMs;
  const known = remember(state.known, { id, service, ended: late });
  const write = { kind: "write", known, intent: late ? null : id } as const;
  const words = `from afar: ${verb} ${service}, asked by ${by}`;
  if (late) {
    const detail = "the grant came after the command's time; nothing was done";
    return {
      state: { ...open, known },
      effects: [{ kind: "say", text: `${words}: ${detail}` }, { kind: "tell", id, step: "expired", detail }, write],
    };
  }
  return {
    state: { ...open, known },
    effects: [
      write,
      { kind: "say", text: words },
      { kind: "tell", id, step: "running", detail: "" },
      { kind: "do", id, verb, service, by },
    ],
  };
}

/** Told first, then written: died in between, it is told twice, which the cloud takes once; the other way round, never. */
function end(state: DeskState, id: string, outcome: "done" | "refused" | "failed", detail: string): DeskStep {
  const known = state.known.map((each) => (each.id === id ? { ...each, ended: true } : each));
  return {
    state: { ...state, known },
    effects: [
      { kind: "tell", id, step: outcome, detail },
      { kind: "say", text: `a command from afar is ${outcome}: ${detail}` },
      { kind: "write", known, intent: null },
    ],
  };
}

/** What is not ended is never forgotten. */
function remember(known: readonly KnownCommand[], command: KnownCommand): readonly KnownCommand[] {
  const all = [...known, command];
  const surplus = all.length - REMEMBERED;
  return surplus <= 0 ? all : all.filter(({ ended }, i) => !ended || i >= surplus);
}

function withoutClaim(state: DeskState, id: string): DeskState {
  const claimed = new Map(state.claimed);
  claimed.delete(id);
  return { ...state, claimed };
}

function unexpired({ claimed }: DeskState, nowMs: number): ReadonlyMap<string, Claimed> {
  return new Map([...claimed].filter(([, { expiresMs }]) => nowMs < expiresMs));
}
