import { basename } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Checked } from "../check/check-service.ts";
import { editYaml } from "../config/edit.ts";
import { ConfigError, parseConfig } from "../config/load.ts";
import { replaceFile } from "../config/replace.ts";
import { checkAll, type CheckOptions } from "./check.ts";
import { checkedLines, type MetAgent, summaryLines } from "./checked-lines.ts";
import { difference } from "./difference.ts";
import { isColoured } from "./marks.ts";
import type { Place } from "./place.ts";

interface Found {
  place: Place;
  /** The configuration as it was when it was checked. */
  text: string;
  checked: readonly Checked[];
  agent: MetAgent;
}

/** `afloat check --fix`: writes what is certain, after showing it, and calls what it changed once more. Answers the exit code. */
export async function fix(found: Found, options: CheckOptions): Promise<number> {
  const { place, text, checked, agent } = found;
  const say = (lines: readonly string[]) => lines.forEach((line) => console.log(line));
  say([...checkedLines(checked), "", ...summaryLines(checked, agent)]);
  if (text.includes("\uFFFD")) {
    console.error(`${basename(place.configFile)} is not UTF-8 throughout; save it as UTF-8, then it can be written`);
    return 1;
  }
  const { edited, services, refused } = editedText(text, checked);
  for (const why of refused) console.error(why);
  const ok = checked.every((each) => each.ok);
  if (edited === text) {
    if (!ok) say(["", "nothing of it is certain enough to be written by a machine"]);
    return ok ? 0 : 1;
  }
  if (!isValid(place.configFile, edited)) return 1;
  const name = basename(place.configFile);
  say(["", ...difference(name, text, edited, isColoured())]);
  if (!(await mayWrite(name, options))) return 1;
  if (!replaceFile(place.configFile, text, edited)) {
    console.error(`${name} was changed meanwhile, so nothing was written; check it again`);
    return 1;
  }
  say(["", `${name} is written.`, ...nextWords(agent)]);
  return checkedAgain(found, edited, services);
}

/** All edits, one after the other; what cannot be edited is said. */
function editedText(
  text: string,
  checked: readonly Checked[],
): { edited: string; services: Set<string>; refused: string[] } {
  let edited = text;
  const services = new Set<string>();
  const refused: string[] = [];
  for (const { service, problems } of checked) {
    for (const { edit, write, where } of problems) {
      if (edit === null) continue;
      const result = editYaml(edited, edit);
      if ("refused" in result) {
        refused.push(`${service}: ${result.refused}: write \`${write}\` in ${where ?? "afloat.yaml"} by hand`);
        continue;
      }
      edited = result.text;
      services.add(service);
    }
  }
  return { edited, services, refused };
}

/** What is written must be understood by whoever reads it next. */
function isValid(path: string, text: string): boolean {
  try {
    parseConfig(path, text);
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const mistake of ["nothing was written: the file would not be valid", ...error.mistakes])
      console.error(mistake);
    return false;
  }
}

async function mayWrite(name: string, options: CheckOptions): Promise<boolean> {
  if (options.yes === true) return true;
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    console.error(`nothing was written: there is no terminal to ask at; afloat check --fix --yes writes ${name}`);
    return false;
  }
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await ask.question(`\nWrite this to ${name}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    ask.close();
  }
}

/** The agent goes by what it read. */
function nextWords({ status, fault }: MetAgent): string[] {
  if (fault !== null) return [`No agent goes by it yet: ${fault}.`];
  if (status === null) return ["Start the agent with it: afloat up --daemon"];
  return ["The agent still goes by the old one. To go by this one: afloat reload"];
}

/** What was written is called, so that nobody needs to trust it. */
async function checkedAgain({ place, checked, agent }: Found, text: string, fixed: Set<string>): Promise<number> {
  const spec = parseConfig(place.configFile, text);
  const services = spec.services.filter(({ name }) => fixed.has(name));
  const again = await checkAll(services, place, agent.status, true);
  for (const line of ["", ...checkedLines(again)]) console.log(line);
  const others = checked.filter(({ service }) => !fixed.has(service));
  return [...others, ...again].every(({ ok }) => ok) ? 0 : 1;
}
