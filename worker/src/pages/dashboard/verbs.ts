import type { Role, ServiceSnapshot, Verb } from "@afloat/shared/domain";
import type { HostView } from "../../live.ts";

/** One thing that may be asked of a service, as the menu beside Restart offers it. */
export interface Choice {
  verb: Verb;
  label: string;
  /** What it comes to, where the word alone does not say it. */
  hint: string;
  /** Why it cannot be asked now, short; null where it can. */
  why: string | null;
}

/** What the words mean for the service, in the order of the menu. */
const WORDS: { verb: Verb; label: string; hint: string }[] = [
  { verb: "check", label: "Check", hint: "calls it once, now" },
  { verb: "logs", label: "Logs", hint: "its last lines" },
  { verb: "start", label: "Start", hint: "" },
  { verb: "resume", label: "Resume", hint: "" },
  { verb: "pause", label: "Pause", hint: "until it is resumed" },
  { verb: "stop", label: "Stop", hint: "until it is started" },
];

const RESTART = { verb: "restart" as const, label: "Restart", hint: "" };

/** Every verb; what cannot be asked says why. Restart is among them only where it has no button of its own. */
export function choicesOf(host: HostView, snapshot: ServiceSnapshot, may: { role: Role; verbs: Verb[] }): Choice[] {
  const all = whyNot("restart", host, snapshot, may) === null ? WORDS : [RESTART, ...WORDS];
  return all.map((word) => ({ ...word, why: whyNot(word.verb, host, snapshot, may) }));
}

/** Null where it may be asked: by this person, of this host, in this state. */
export function whyNot(
  verb: Verb,
  host: Pick<HostView, "remote">,
  { desired, state }: ServiceSnapshot,
  may: { role: Role; verbs: Verb[] },
): string | null {
  if (!may.verbs.includes(verb)) return `not as ${may.role}`;
  if (!host.remote.includes(verb)) return "not allowed there";
  const paused = desired === "pause";
  if ((verb === "pause" || verb === "stop") && paused) return "paused already";
  if (verb === "resume" && !paused) return "not paused";
  if (verb === "start" && !paused && state !== "completed") return "started already";
  return null;
}

/** What would allow more, where the host does not allow all that this person may ask. */
export function allowWords({ name, remote }: Pick<HostView, "name" | "remote">, verbs: Verb[]): string | null {
  if (verbs.every((verb) => remote.includes(verb))) return null;
  const allows = remote.length === 0 ? "nothing" : remote.join(", ");
  return `${name} allows ${allows} from afar. What else it allows is said there, under remote: in afloat.yaml.`;
}

/** Asked before it is done: these end what runs. */
export function isAskedFirst(verb: Verb): boolean {
  return verb === "restart" || verb === "stop" || verb === "pause";
}

/** What it would do, beside the question. */
export function consequence(verb: Verb): string {
  return verb === "stop" || verb === "pause" ? "It stays down until somebody starts it." : "";
}
