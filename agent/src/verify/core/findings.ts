import { exitWords } from "@afloat/shared/core/answer-words";
import { durationWords } from "@afloat/shared/core/duration";
import { runbookTopicOf } from "@afloat/shared/core/runbook";
import type { Lines, Spell, Watch, WatchedService } from "./watch.ts";

/** What speaks against a deploy. */
export interface Finding {
  /** Null for the agent itself. */
  service: string | null;
  /** A warning fails only where degraded is not allowed. */
  level: "failure" | "warning";
  code:
    | "agent"
    | "unknown"
    | "not-up"
    | "state"
    | "was"
    | "loop"
    | "restarted"
    | "replaced"
    | "endpoint"
    | "retired"
    | "log";
  what: string;
  /** The runbook's topic, or null. */
  runbook: string | null;
}

/** Lines that look like errors: for a person to read, they fail nothing. */
export interface Note extends Lines {
  service: string;
}

/** What the watch came to, in the order of the services. Deterministic: the same sights give the same findings. */
export function findingsOf(watch: Watch): { findings: Finding[]; notes: Note[] } {
  const services = [...watch.services.values()];
  return {
    findings: [...agentFindings(watch), ...services.flatMap(findingsOfService)],
    notes: services
      .filter(({ errorLike }) => errorLike.count > 0)
      .map(({ name, errorLike }) => ({ service: name, ...errorLike })),
  };
}

function agentFindings({ agents, agentLost, agentIsGone }: Watch): Finding[] {
  const found = (what: string): Finding[] => [{ service: null, level: "failure", code: "agent", what, runbook: null }];
  if (agentIsGone) return found("the agent is gone or hangs; what services did since is not known: afloat up --daemon");
  const pids = agents.join(", then ");
  if (agents.length > 1) return found(`the agent was started anew while it watched (pid ${pids}); see its agent.log`);
  return agentLost > 0 ? found("the agent did not answer for a while") : [];
}

function findingsOfService(watched: WatchedService): Finding[] {
  const { name, last } = watched;
  const finding = (level: Finding["level"], code: Finding["code"], what: string, runbook: string | null = null) => ({
    ...{ service: name, level, code, what, runbook },
  });
  const found: Finding[] = [];
  if (!watched.known) found.push(finding("failure", "unknown", "is configured no more"));
  if (last.loop !== null) {
    found.push(finding("failure", "loop", `restarts in a loop: ${last.loop.cause.text}`, runbookTopicOf(last)));
  } else if (watched.loops.size > 0) found.push(finding("failure", "loop", "was in a restart loop, which is over now"));
  if (watched.restarts > 0) found.push(finding("failure", "restarted", restartedWords(watched)));
  if (watched.replaced > 0) {
    found.push(finding("failure", "replaced", "its process was another one suddenly, without a restart being counted"));
  }
  if (last.verdict === "starting" || (last.verdict === "waiting" && !isOpen(watched))) {
    found.push(finding("failure", "not-up", `is not up at the end: ${last.reason}`, runbookTopicOf(last)));
  }
  for (const spell of watched.spells.values()) {
    const words = spellWords(spell, watched);
    if (words === null) continue;
    const topic = spell.sinceMs === null ? spell.reasonCode : runbookTopicOf(last);
    const level = spell.verdict === "degraded" ? "warning" : "failure";
    found.push(finding(level, spell.sinceMs === null ? "was" : "state", words, topic));
  }
  if (last.endpoint?.retired === true) {
    const what = `${last.endpoint.what} is called no more: it crashes the service`;
    found.push(finding("warning", "retired", what, "endpoint-crashes-service"));
  }
  const call = callWords(watched);
  if (call !== null) found.push(finding("warning", "endpoint", call));
  const { refused } = watched;
  if (refused.count > 0) {
    const what = `wrote ${refused.count === 1 ? "a line" : `${refused.count} lines`} that must not be: ${refused.samples[0] ?? ""}`;
    found.push(finding("failure", "log", what));
  }
  return found;
}

const isOpen = ({ spells }: WatchedService) => [...spells.values()].some(({ sinceMs }) => sinceMs !== null);

function restartedWords({ restarts, last }: WatchedService): string {
  const times = restarts === 1 ? "" : restarts === 2 ? " twice" : ` ${restarts} times`;
  const exit = last.lastExit === null ? "" : `; last it ${endWords(exitWords(last.lastExit))}`;
  return `was restarted${times} while it was watched${exit}`;
}

const endWords = (words: string) => (words.startsWith("killed") ? `was ${words}` : words);

/** A spell that is over or lasts; null where a restart or a loop tells it already. */
function spellWords(spell: Spell, { last, restarts }: WatchedService): string | null {
  const { verdict, reasonCode, reason, times, lastedMs, sinceMs, fromTheBeginning } = spell;
  if (sinceMs === null) {
    if (restarts > 0 && reasonCode === "exited") return null;
    const often = times === 1 ? "" : times === 2 ? ", twice" : `, ${times} times`;
    return `was ${verdict} for ${durationWords(lastedMs)}${often}: ${reason}; now it is ${last.verdict}`;
  }
  if (last.loop !== null && reasonCode === "exited") return null;
  const write = last.diagnosis?.write ?? null;
  const hint = write === null ? "" : `; write \`${write}\` in ${last.diagnosis?.where ?? "afloat.yaml"}`;
  return `${fromTheBeginning ? "is" : "became"} ${verdict}: ${reason}${hint}`;
}

/** Reasons that tell of a failing endpoint already. */
const ENDPOINT_REASONS = new Set(["unproven-endpoint", "regressed-endpoint", "dependency-failing"]);

function callWords({ calls, last }: WatchedService): string | null {
  const failed = calls.filter(({ ok }) => !ok);
  const [first] = failed;
  if (first === undefined || ENDPOINT_REASONS.has(last.reasonCode)) return null;
  const when = failed.length === calls.length ? "" : `, at the ${first.when} of the watch only`;
  return `${first.asked} → ${first.answer}${when}`;
}
