import { realpathSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline/promises";
import type { HostSpec } from "@afloat/shared/spec";
import { ConfigError, readHost } from "../config/load.ts";
import { tellWarnings } from "../config/surroundings.ts";
import { request } from "../control/client.ts";
import type { AskOutcome, ControlAnswer, PlanShown } from "../control/protocol.ts";
import { ownName } from "../process/user.ts";
import { handOver } from "../state/handed-over.ts";
import { socketPathOf } from "../state/paths.ts";
import { VERSION } from "../version.ts";
import type { Place } from "./place.ts";
import { planLines } from "./plan-lines.ts";
import { fetchStatus } from "./fetch-status.ts";

export interface ReloadOptions {
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
  /** The agent itself asks, for SIGHUP. */
  forSignal?: boolean;
}

/**
 * `afloat reload`: shows what would change, asks, and applies the difference. Answers 0 where nothing was to be done or all of it went
 * well, and 1 where something was to be done and was not, or a service is not well with it: as diff(1) tells of a difference.
 */
export async function reload(place: Place, options: ReloadOptions): Promise<number> {
  const status = await fetchStatus(place.stateDir);
  const other = otherFile(place, status.agent.configFile);
  if (other !== null) {
    console.error(other);
    return 2;
  }
  const handed = handOver(place.stateDir, readSpec(place, status.agent.profiles ?? []));
  try {
    return await withPlan(new Asked(place.stateDir, handed.name, options), place, options);
  } finally {
    handed.remove();
  }
}

async function withPlan(asked: Asked, place: Place, options: ReloadOptions): Promise<number> {
  const { plan, basis } = await asked.plan();
  const isNothing = plan.services.length === 0 && plan.host.length === 0;
  const name = basename(place.configFile);
  const silent = options.json === true || options.quiet === true;
  const say = (lines: readonly string[]) => silent || lines.forEach((line) => console.log(line));
  const tell = (applied: boolean, outcomes: readonly AskOutcome[]) => {
    if (options.json === true) console.log(JSON.stringify({ ...plan, applied, outcomes }));
  };
  say(
    isNothing
      ? [`nothing changes: the agent goes by ${name} already`]
      : planLines(plan, process.stdout.isTTY ? process.stdout.columns : null),
  );
  if (isNothing || options.dryRun === true || !(await mayApply(options))) {
    // Where only comments or the order changed, what is in force is to be the file that is there.
    if (isNothing && options.dryRun !== true) await asked.apply(basis, () => {});
    tell(false, []);
    return isNothing ? 0 : 1;
  }
  const outcomes: AskOutcome[] = [];
  if (plan.services.length > 0) say([""]);
  // A person said yes to this plan and to no other; --yes says yes to whatever the file asks for.
  await asked.apply(options.yes === true ? null : basis, (outcome) => {
    outcomes.push(outcome);
    const { service, kind, detail } = outcome;
    if (kind === "done") say([`${service}: ${detail}`]);
    // What was not done is said also where nothing else is.
    else if (options.json !== true)
      (options.quiet === true ? console.error : console.log)(`${service}: ${kind}: ${detail}`);
  });
  tell(true, outcomes);
  return outcomes.every(({ kind }) => kind === "done") ? 0 : 1;
}

/** The one file that was handed over, and what the agent says to it. */
class Asked {
  readonly #path: string;
  readonly #file: string;
  readonly #by: string;
  /** The agent itself does not wait for what its own log tells, and reads the file again at the next signal. */
  readonly #patient: boolean;

  constructor(stateDir: string, file: string, { forSignal }: ReloadOptions) {
    this.#path = socketPathOf(stateDir);
    this.#file = file;
    this.#patient = forSignal !== true;
    this.#by = forSignal === true ? "SIGHUP" : ownName();
  }

  async plan(): Promise<{ plan: PlanShown; basis: string }> {
    let found: { plan: PlanShown; basis: string } | null = null;
    await this.#ask(false, null, (answer) => {
      if (answer.kind === "plan") found = answer;
    });
    if (found === null) throw new Error("the agent answered without a plan");
    return found;
  }

  /** Resolves when everything is applied and each service is up, failed, or waits. Throws where nothing was applied. */
  apply(basis: string | null, each: (outcome: AskOutcome) => void): Promise<void> {
    return this.#ask(true, basis, (answer) => {
      if (answer.kind === "outcome") each(answer.outcome);
    });
  }

  async #ask(apply: boolean, basis: string | null, take: (answer: ControlAnswer) => void): Promise<void> {
    let fault: string | null = null;
    const call = { call: "reload", afloat: VERSION, file: this.#file, apply, basis, by: this.#by } as const;
    await request(this.#path, call, (answer) => {
      if (answer.kind === "error") fault = answer.message;
      take(answer);
      if (answer.kind === "applied") return this.#patient ? "more" : "last";
      return answer.kind === "outcome" ? "more" : "last";
    });
    if (fault !== null) throw new Error(fault);
  }
}

/** A broken file changes nothing, and that is said, too. With the profiles that are asked for; else with those that the agent was started with. */
function readSpec(place: Place, inForce: readonly string[]): HostSpec {
  const AFLOAT_PROFILES = process.env["AFLOAT_PROFILES"] ?? inForce.join(",");
  try {
    const loaded = readHost(place.configFile, { environment: { ...process.env, AFLOAT_PROFILES } });
    tellWarnings(loaded);
    return loaded.spec;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([
      ...error.mistakes,
      "nothing was changed: the agent, where one runs, goes by what it had read",
    ]);
  }
}

/** A reload from another file than the agent's is nearly always one from the wrong folder. */
function otherFile(place: Place, configFile: string): string | null {
  if (place.configFile === configFile || realpathOf(place.configFile) === realpathOf(configFile)) return null;
  return `the agent goes by ${configFile}, and this is ${place.configFile}; nothing was changed. Say: afloat --config ${configFile} reload`;
}

function realpathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is there no more: nothing else is meant by it.
    return path;
  }
}

async function mayApply(options: ReloadOptions): Promise<boolean> {
  if (options.yes === true) return true;
  if (options.json === true || options.quiet === true || !process.stdin.isTTY || !process.stdout.isTTY) {
    console.error("nothing was changed: there is nobody to ask; to apply it without being asked: afloat reload --yes");
    return false;
  }
  const yes = /^y(es)?$/i.test((await answered("\nApply this? [y/N] ")).trim());
  if (!yes) console.log("nothing was changed");
  return yes;
}

/** What a person says; nothing where he leaves with Ctrl-C or Ctrl-D. */
async function answered(question: string): Promise<string> {
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const left = new Promise<string>((resolve) => ask.once("close", () => resolve("")));
  try {
    return await Promise.race([ask.question(question), left]);
  } finally {
    ask.close();
  }
}
