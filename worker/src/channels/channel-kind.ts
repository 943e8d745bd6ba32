import * as v from "valibot";
import type { Env } from "../env.ts";
import type { Mail } from "../outgoing/mail/mail.ts";
import type { Answered, Post } from "../outgoing/post.ts";
import type { Telling } from "./telling.ts";

/** One kind of channel: everything that the rest knows of it. Its folder has nothing else to tell. */
export interface ChannelKind<S extends object = object> {
  /** As it stands in the database. */
  name: string;
  label: string;
  /** What a person reads above its form. */
  about: string;
  /** Its settings, of what was typed and what was made; a fault is words that say what was expected. */
  settings: v.GenericSchema<unknown, S>;
  /** Settings that are stored sealed, and shown by their last four characters alone. */
  secrets: readonly (keyof S & string)[];
  fields: readonly Field[];
  /** What this server lacks for it, in words for its operator; null where it lacks nothing. */
  lacks?: (env: Env) => string | null;
  /** A secret that we make, and a person is shown once. */
  signing?: Signing<S>;
  /** Whom it tells must agree first: the address that is asked. */
  asks?: (settings: S) => string;
  /** Where it leads, for a list: nothing secret. */
  whereOf: (settings: S) => string;
  /** What was opened stays open there until it is told that it is over: a test ends what it began. */
  staysOpen?: boolean;
  requestOf: (telling: Telling, settings: S, nowMs: number) => Request;
  judge: (answer: Answered) => Judgement;
}

export interface Signing<S> {
  make: () => Partial<S>;
  /** A new secret; the old one signs too until it is known everywhere. */
  rotate: (settings: S, nowMs: number) => S;
  secretOf: (settings: S) => string;
}

/** A field of its form. `url` is looked at by the rule of where requests may go. */
export interface Field {
  name: string;
  label: string;
  type: "text" | "url" | "email" | "textarea";
  required: boolean;
  placeholder?: string;
  help?: string;
  /** What stands there in a new form. */
  initial?: string;
}

export type Request = { via: "post"; post: Post } | { via: "mail"; mail: Mail };

/** `refused`: it will be no other until somebody mends it. `why` says how, in words. */
export type Judgement =
  | { kind: "heard" }
  /** `afterMs`: not before; null where the receiver did not say. */
  | { kind: "retry"; afterMs: number | null; why: string }
  | { kind: "refused"; why: string };

/** A kind as the list has it: with settings that it has looked at itself. */
export interface AnyKind extends Omit<
  ChannelKind,
  "settings" | "secrets" | "signing" | "asks" | "whereOf" | "requestOf"
> {
  secrets: readonly string[];
  /** Null where these are none of its settings: `faultsOf` says why. */
  open: (settings: unknown) => OpenSettings | null;
  /** What is wrong, by the name of the setting. */
  faultsOf: (settings: unknown) => Record<string, string>;
  /** What is made with a new channel, to be stored with what was typed. */
  made: () => Record<string, unknown>;
  signs: boolean;
  asksFirst: boolean;
}

/** Settings that fit their kind, and what can be done with them. */
export interface OpenSettings {
  values: Record<string, unknown>;
  where: string;
  /** Who must agree, or null. */
  asks: string | null;
  signingSecret: string | null;
  rotated: (nowMs: number) => Record<string, unknown>;
  requestOf: (telling: Telling, nowMs: number) => Request;
}

/** Ties a kind's settings to its own functions, so that the list need not know them. */
export function channelKind<S extends object>(kind: ChannelKind<S>): AnyKind {
  const { settings: schema, signing, asks, whereOf, requestOf, ...rest } = kind;
  return {
    ...rest,
    signs: signing !== undefined,
    asksFirst: asks !== undefined,
    made: () => ({ ...signing?.make() }),
    faultsOf: (settings) => {
      const parsed = v.safeParse(schema, settings);
      if (parsed.success) return {};
      return Object.fromEntries(parsed.issues.map((issue) => [v.getDotPath(issue) ?? "", issue.message]).toReversed());
    },
    open: (settings) => {
      const parsed = v.safeParse(schema, settings);
      if (!parsed.success) return null;
      const own = parsed.output;
      return {
        values: Object.fromEntries(Object.entries(own)),
        where: whereOf(own),
        asks: asks?.(own) ?? null,
        signingSecret: signing?.secretOf(own) ?? null,
        rotated: (nowMs) => Object.fromEntries(Object.entries(signing?.rotate(own, nowMs) ?? own)),
        requestOf: (telling, nowMs) => requestOf(telling, own, nowMs),
      };
    },
  };
}

/** As most services answer: 2xx is heard, all else is asked again, when the answer says. */
export function judgeByStatus({ status, head, retryAfterMs }: Answered): Judgement {
  if (status >= 200 && status < 300) return { kind: "heard" };
  return { kind: "retry", afterMs: retryAfterMs, why: answeredWords(status, head) };
}

/** `answered 503: try later` */
export function answeredWords(status: number, head: string): string {
  const said = head.replaceAll(/\s+/g, " ").trim();
  return said === "" ? `answered ${status}` : `answered ${status}: ${said}`;
}
