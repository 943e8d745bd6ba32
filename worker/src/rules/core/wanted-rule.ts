import { durationWords, parseDuration } from "@afloat/shared/core/duration";
import { type AlertChannel, type Rule, SEVERITIES, type Step } from "../../alerts/core/alert-types.ts";
import {
  type KnownHosts,
  NO_MATCHER,
  parseMatcher,
  type TypedMatcher,
  typedMatcher,
} from "../../matchers/core/typed-matcher.ts";

/** A rule as a person types it. Durations are written `10m`. */
export interface TypedRule extends TypedMatcher {
  name: string;
  /** Empty: as its kind has it. */
  severity: string;
  /** `nobody`, or `these` steps. */
  tell: string;
  steps: TypedStep[];
  /** Empty: as its severity has it; `never`; or how often. */
  reminder: string;
  /** Empty: at once. */
  confirm: string;
  group: string;
}

export interface TypedStep {
  after: string;
  /** Ids; `all` among them: every channel that there is. */
  channels: string[];
}

export type RuleFaults = Partial<Record<Exclude<keyof TypedRule, "steps"> | `step${number}`, string>>;
export type WantedRule = Omit<Rule, "id" | "position">;

export const NAME_LIMIT = 100;
export const STEPS = 4;
const CONFIRM_MAX_MS = 3_600_000;
const STEP_MAX_MS = 86_400_000;
const REMINDER_MS = { min: 5 * 60_000, max: 7 * 86_400_000 };

export const NO_RULE: TypedRule = {
  ...NO_MATCHER,
  ...{ name: "", severity: "", tell: "these", reminder: "", confirm: "", group: "host" },
  steps: [{ after: "", channels: ["all"] }],
};

/** Understands a rule, or says of each field what is wrong with it. */
export function parseRule(
  typed: TypedRule,
  known: KnownHosts & { channels: readonly AlertChannel[] },
): { kind: "wanted"; wanted: WantedRule } | { kind: "faults"; faults: RuleFaults } {
  const { matcher, faults: unfit } = parseMatcher(typed, known);
  const faults: RuleFaults = { ...unfit };
  const name = typed.name.trim();
  if (name === "" || name.length > NAME_LIMIT) faults.name = `expected a name of 1 to ${NAME_LIMIT} characters`;
  const severity = SEVERITIES.find((each) => each === typed.severity) ?? null;
  if (severity === null && typed.severity !== "")
    faults.severity = `expected ${SEVERITIES.join(", ")}, got \`${typed.severity}\``;
  const steps = typed.tell === "nobody" ? [] : stepsOf(typed.steps, known.channels, faults);
  if (typed.tell !== "nobody" && typed.tell !== "these")
    faults.tell = `expected nobody or these, got \`${typed.tell}\``;
  const reminderMs = reminderOf(typed.reminder, faults);
  const confirmMs = boundedMs(typed.confirm, "0s", { min: 0, max: CONFIRM_MAX_MS });
  if (confirmMs === null) faults.confirm = expectedDuration(typed.confirm, { min: 0, max: CONFIRM_MAX_MS });
  if (typed.group !== "host" && typed.group !== "none") faults.group = `expected host or none, got \`${typed.group}\``;
  if (Object.keys(faults).length > 0 || confirmMs === null) return { kind: "faults", faults };
  const group = typed.group === "none" ? "none" : "host";
  const wanted = { name, match: matcher, severity, tell: { steps }, confirmMs, group } as const;
  return { kind: "wanted", wanted: { ...wanted, ...(reminderMs === undefined ? {} : { reminderMs }) } };
}

/** A rule as a person would type it. */
export function typedRule(rule: WantedRule, known: KnownHosts): TypedRule {
  const { name, match, severity, tell, reminderMs, confirmMs, group } = rule;
  return {
    ...typedMatcher(match, known),
    ...{ name, severity: severity ?? "", group, confirm: confirmMs === 0 ? "" : typedMs(confirmMs) },
    ...{ tell: tell.steps.length === 0 ? "nobody" : "these" },
    reminder: reminderMs === undefined ? "" : reminderMs === null ? "never" : typedMs(reminderMs),
    steps: tell.steps.map(({ afterMs, channelIds }) => ({
      after: afterMs === 0 ? "" : typedMs(afterMs),
      channels: channelIds === "all" ? ["all"] : channelIds,
    })),
  };
}

/** Steps without a channel are as good as not there. */
function stepsOf(typed: readonly TypedStep[], channels: readonly AlertChannel[], faults: RuleFaults): Step[] {
  const steps: Step[] = [];
  for (const [i, { after, channels: chosen }] of typed.entries()) {
    if (chosen.length === 0) continue;
    const bounds = { min: 0, max: STEP_MAX_MS };
    const afterMs = boundedMs(after, "0s", bounds);
    const known = chosen.filter((id) => id === "all" || channels.some((channel) => channel.id === id));
    if (afterMs === null) faults[`step${i}`] = expectedDuration(after, bounds);
    else if (known.length < chosen.length)
      faults[`step${i}`] = "expected channels that there are; one of these was removed";
    else steps.push({ afterMs, channelIds: known.includes("all") ? "all" : known });
  }
  if (typed.length > STEPS) faults.tell = `expected at most ${STEPS} steps, got ${typed.length}`;
  else if (steps.length === 0 && !Object.keys(faults).some((key) => key.startsWith("step")))
    faults.tell = "expected a channel in one of the steps; to tell nobody, say so";
  return steps.toSorted((a, b) => a.afterMs - b.afterMs);
}

function reminderOf(typed: string, faults: RuleFaults): number | null | undefined {
  if (typed.trim() === "") return undefined;
  if (typed.trim() === "never") return null;
  const reminderMs = boundedMs(typed, "", REMINDER_MS);
  if (reminderMs === null) faults.reminder = `${expectedDuration(typed, REMINDER_MS)}; or never, or nothing`;
  return reminderMs ?? undefined;
}

function boundedMs(typed: string, otherwise: string, { min, max }: { min: number; max: number }): number | null {
  const ms = parseDuration(typed.trim() === "" ? otherwise : typed);
  return ms === null || ms < min || ms > max ? null : ms;
}

function expectedDuration(typed: string, { min, max }: { min: number; max: number }): string {
  return `expected a duration such as 10m, from ${durationWords(min)} to ${durationWords(max)}, got \`${typed}\``;
}

/** The largest unit in which it is whole. */
function typedMs(ms: number): string {
  for (const [unit, size] of Object.entries({ d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 })) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}
