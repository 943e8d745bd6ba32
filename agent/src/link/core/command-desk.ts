import type { CommandStep, Verb } from "@afloat/shared/domain";
import {
  type Command,
  COMMAND_LIFE_LIMIT_MS,
  COMMANDS_PER_MINUTE,
  decideCommand,
  type HostLimits,
  type Outcome,
} from "./command-rules.ts";
import type { CommandMessage } from "./link-types.ts";

/**
 * Commands from afar: claimed, granted, written down, done, told. The intent is on disk before a command is done, so that
 * one which was interrupted is told as such and never repeated. Pure; the shell is commands.ts.
 */

/** Commands remembered, so that none is done twice. */
export const REMEMBERED = 200;

/** Who asked what; null where an earlier version wrote it down. */
export interface Asked {
  verb: Verb | null;
  service: string;
  by: string | null;
}

export interface KnownCommand extends Asked {
  id: string;
  ended: boolean;
}

/** A command that was heard of and is not granted yet. */
interface Offered {
  command: Command;
  /** By the host's own clock, from when it was first heard of: handing it over again does not lengthen its life. */
  expiresMs: number;
  /** When it was claimed on this connection; null before. */
  claimedMs: number | null;
}

export interface DeskState {
  /** What commands.json holds. */
  known: readonly KnownCommand[];
  offered: ReadonlyMap<string, Offered>;
  /** When commands came lately. */
  cameMs: readonly number[];
  /** What was done before is not known: until then it could be done once more. */
  blindUntilMs: number | null;
}

export type DeskEvent =
  /** `told`: commands of whose end the journal knows; their agent died before it wrote down that they are over. */
  | { kind: "began"; told: readonly string[] }
  /** On a new connection; what was claimed on the one before is not granted on this. */
  | { kind: "connected" }
  | { kind: "heard"; message: CommandMessage }
  | { kind: "finished"; id: string; outcome: Outcome }
  /** Its intent could not be written: what follows `write` was left undone. */
  | { kind: "not-written"; id: string; why: string };

export type DeskEffect =
  /** `intent`: nothing that follows may be done where this fails; on the disk itself, since it must survive everything. */
  | { kind: "write"; known: readonly KnownCommand[]; intent: string | null }
  | { kind: "tell"; id: string; step: CommandStep; detail: string; asked: Asked }
  | { kind: "claim"; id: string }
  | { kind: "do"; command: Command }
  | { kind: "say"; text: string };

export interface DeskStep {
  state: DeskState;
  effects: DeskEffect[];
}

/** `known`: what an earlier agent wrote down; null where that was lost. */
export function initialDesk(known: readonly KnownCommand[] | null, nowMs: number): DeskState {
  const blindUntilMs = known === null ? nowMs + COMMAND_LIFE_LIMIT_MS : null;
  return { known: known ?? [], offered: new Map(), cameMs: [], blindUntilMs };
}

/** One turn of the desk, by a clock that never jumps and that goes on while the machine sleeps. */
export function deskStep(state: DeskState, event: DeskEvent, nowMs: number, limits: HostLimits): DeskStep {
  switch (event.kind) {
    case "began":
      return began(state, event.told);
    case "connected": {
      const offered = [...state.offered].map(([id, each]) => [id, { ...each, claimedMs: null }] as const);
      return { state: { ...state, offered: new Map(offered) }, effects: [] };
    }
    case "heard":
      return heard(state, event.message, nowMs, limits);
    case "finished":
      return end(state, event.id, event.outcome);
    case "not-written": {
      const detail = `it was not done: its intent could not be written to disk (${event.why})`;
      return end(state, event.id, { kind: "failed", detail });
    }
  }
}

/** What an earlier agent began and never ended. */
function began(state: DeskState, ended: readonly string[]): DeskStep {
  const open = state.known.filter(({ ended }) => !ended);
  if (open.length === 0) return { state, effects: [] };
  const known = state.known.map((each) => ({ ...each, ended: true }));
  const untold = open.filter(({ id }) => !ended.includes(id));
  const told = untold.flatMap(({ id, ...asked }): DeskEffect[] => [
    { kind: "say", text: `from afar: ${wordsOf(asked)}: interrupted: the agent ended meanwhile; it is not repeated` },
    { kind: "tell", id, step: "interrupted", detail: "the agent ended while it did this; it is not repeated", asked },
  ]);
  return { state: { ...state, known }, effects: [...told, { kind: "write", known, intent: null }] };
}

function heard(state: DeskState, message: CommandMessage, nowMs: number, limits: HostLimits): DeskStep {
  switch (message.type) {
    case "command":
      return came(state, message, nowMs, limits);
    case "grant":
      return granted(state, message, nowMs);
    case "deny": {
      const offer = state.offered.get(message.command);
      if (offer === undefined) return { state, effects: [] };
      // Not forgotten before its time: offered once more, it would seem to be new.
      const open = withOffer(state, { ...offer, claimedMs: null });
      const say: DeskEffect = {
        kind: "say",
        text: `from afar: ${wordsOf(offer.command)}: not granted: ${message.why}`,
      };
      return { state: open, effects: [say] };
    }
  }
}

/** Handed over twice, it is one command. */
function came(state: DeskState, command: Command, nowMs: number, limits: HostLimits): DeskStep {
  const { id } = command;
  if (state.known.some((each) => each.id === id)) return { state, effects: [] };
  const again = state.offered.get(id);
  if (again !== undefined) return cameAgain(state, again, nowMs);
  const lately = state.cameMs.filter((ms) => nowMs - ms < 60_000);
  const counted = {
    ...state,
    offered: withoutOld(state, nowMs),
    cameMs: [...lately, nowMs].slice(-2 * COMMANDS_PER_MINUTE),
  };
  const decision = decideCommand(command, limits, lately.length);
  if (decision.kind === "expired") return { state: counted, effects: [tooLate(command)] };
  const isBlind = state.blindUntilMs !== null && nowMs < state.blindUntilMs;
  const why = decision.kind === "refuse" ? decision.why : isBlind ? BLIND : null;
  if (why === null) {
    const expiresMs = nowMs + Math.min(command.expiresInMs, COMMAND_LIFE_LIMIT_MS);
    const open = withOffer(counted, { command, expiresMs, claimedMs: nowMs });
    return { state: open, effects: [{ kind: "claim", id }] };
  }
  // A flood must not push the host's own story out of its journal.
  if (lately.length >= 2 * COMMANDS_PER_MINUTE) return { state: counted, effects: [] };
  const known = remember(state.known, { id, ...askedOf(command), ended: true });
  return {
    state: { ...counted, known },
    effects: [
      { kind: "say", text: `from afar: ${wordsOf(command)}: refused: ${why}` },
      { kind: "tell", id, step: "refused", detail: why, asked: askedOf(command) },
      { kind: "write", known, intent: null },
    ],
  };
}

/** The earliest claim of this connection counts: which of them the grant answers is not known. */
function cameAgain(state: DeskState, offer: Offered, nowMs: number): DeskStep {
  if (nowMs >= offer.expiresMs) return { state, effects: [tooLate(offer.command)] };
  const claimed = withOffer(state, { ...offer, claimedMs: offer.claimedMs ?? nowMs });
  return { state: claimed, effects: [{ kind: "claim", id: offer.command.id }] };
}

/**
 * Done only while it is certain that the command is open by the cloud's clock: the grant was made after the claim was sent, and
 * says how much of the command's time was left then. A grant that nobody asked for on this connection is none.
 */
function granted(state: DeskState, grant: Extract<CommandMessage, { type: "grant" }>, nowMs: number): DeskStep {
  const offer = state.offered.get(grant.command);
  if (offer === undefined || offer.claimedMs === null) return { state, effects: [] };
  const { command, expiresMs, claimedMs } = offer;
  const { id } = command;
  const asked = askedOf(command);
  const open = withoutOffer(state, id);
  const late = nowMs >= Math.min(expiresMs, claimedMs + (grant.expiresInMs ?? COMMAND_LIFE_LIMIT_MS));
  const known = remember(state.known, { id, ...asked, ended: late });
  const write = { kind: "write", known, intent: late ? null : id } as const;
  const words = `from afar: ${wordsOf(asked)}`;
  if (late) {
    const detail = "the grant came after the command's time; nothing was done";
    return {
      state: { ...open, known },
      effects: [
        { kind: "say", text: `${words}: expired: ${detail}` },
        { kind: "tell", id, step: "expired", detail, asked },
        write,
      ],
    };
  }
  return {
    state: { ...open, known },
    effects: [
      write,
      { kind: "say", text: words },
      { kind: "tell", id, step: "running", detail: "", asked },
      { kind: "do", command },
    ],
  };
}

/** Told first, then written: died in between, it is told twice, which the cloud takes once; the other way round, never. */
function end(state: DeskState, id: string, { kind, detail }: Outcome): DeskStep {
  const ended = state.known.find((each) => each.id === id);
  if (ended === undefined) return { state, effects: [] };
  const known = state.known.map((each) => (each.id === id ? { ...each, ended: true } : each));
  const asked = askedOf(ended);
  return {
    state: { ...state, known },
    effects: [
      { kind: "tell", id, step: kind, detail, asked },
      { kind: "say", text: `from afar: ${wordsOf(asked)}: ${kind}: ${detail}` },
      { kind: "write", known, intent: null },
    ],
  };
}

const BLIND =
  "this host lost its record of what was done; for some minutes it does nothing, so that nothing is done twice";

function tooLate(command: Command): DeskEffect {
  return { kind: "say", text: `from afar: ${wordsOf(command)}: came too late; nothing was done` };
}

function askedOf({ verb, service, by }: Asked): Asked {
  return { verb, service, by };
}

/** `restart web, asked by Anna` */
function wordsOf({ verb, service, by }: Asked): string {
  return `${verb ?? "a command for"} ${service}${by === null ? "" : `, asked by ${by}`}`;
}

/** What is not ended is never forgotten. */
function remember(known: readonly KnownCommand[], command: KnownCommand): readonly KnownCommand[] {
  const all = [...known, command];
  const surplus = all.length - REMEMBERED;
  return surplus <= 0 ? all : all.filter(({ ended }, i) => !ended || i >= surplus);
}

function withOffer(state: DeskState, offer: Offered): DeskState {
  return { ...state, offered: new Map(state.offered).set(offer.command.id, offer) };
}

function withoutOffer(state: DeskState, id: string): DeskState {
  const offered = new Map(state.offered);
  offered.delete(id);
  return { ...state, offered };
}

/** Long past its time, nobody hands it over any more. */
function withoutOld({ offered }: DeskState, nowMs: number): ReadonlyMap<string, Offered> {
  return new Map([...offered].filter(([, { expiresMs }]) => nowMs < expiresMs + COMMAND_LIFE_LIMIT_MS));
}
