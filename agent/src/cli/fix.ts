import { createInterface } from "node:readline/promises";
import type { Checked } from "../check/check-service.ts";
import { editYaml } from "../config/edit.ts";
import { placeOfEdit } from "../config/edit-place.ts";
import { ConfigError } from "../config/config-error.ts";
import { type Loaded, readHost } from "../config/load.ts";
import { replaceFile } from "../config/replace.ts";
import type { Source } from "../config/source.ts";
import { checkAll, type CheckOptions } from "./check.ts";
import { checkedLines, type MetAgent, summaryLines } from "./checked-lines.ts";
import { difference } from "./difference.ts";
import { isColoured } from "./marks.ts";
import type { Place } from "./place.ts";

interface Found {
  place: Place;
  /** The configuration as it was when it was checked. */
  loaded: Loaded;
  checked: readonly Checked[];
  agent: MetAgent;
}

/** A file of the configuration, and what becomes of it. */
interface Edited {
  source: Source;
  text: string;
}

/** `afloat check --fix`: writes what is certain, after showing it, and calls what it changed once more. Answers the exit code. */
export async function fix(found: Found, options: CheckOptions): Promise<number> {
  const { place, loaded, checked, agent } = found;
  const say = (lines: readonly string[]) => lines.forEach((line) => console.log(line));
  say([...checkedLines(checked), "", ...summaryLines(checked, agent)]);
  const { edited, services, refused } = editedFiles(loaded, checked);
  for (const why of refused) console.error(why);
  const ok = checked.every((each) => each.ok);
  if (edited.length === 0) {
    if (!ok) say(["", "nothing of it is certain enough to be written by a machine"]);
    return ok ? 0 : 1;
  }
  const broken = edited.find(({ source }) => source.text.includes("\uFFFD"));
  if (broken !== undefined) {
    console.error(`${broken.source.file} is not UTF-8 throughout; save it as UTF-8, then it can be written`);
    return 1;
  }
  const texts = new Map(edited.map(({ source, text }) => [source.path, text]));
  if (!isValid(place.configFile, texts)) return 1;
  for (const { source, text } of edited) say(["", ...difference(source.file, source.text, text, isColoured())]);
  if (!(await mayWrite(edited.map(({ source }) => source.file).join(" and "), options))) return 1;
  for (const { source, text } of edited) {
    if (!replaceFile(source.path, source.text, text)) {
      console.error(`${source.file} was changed meanwhile, so nothing was written to it; check it again`);
      return 1;
    }
    say(["", `${source.file} is written.`]);
  }
  say(nextWords(agent));
  return checkedAgain(found, texts, services);
}

/** All edits, one after the other, each in the file that it belongs into; what cannot be edited is said. */
function editedFiles(
  loaded: Loaded,
  checked: readonly Checked[],
): { edited: Edited[]; services: Set<string>; refused: string[] } {
  const edited = new Map<string, Edited>();
  const services = new Set<string>();
  const refused: string[] = [];
  for (const { service, problems } of checked) {
    for (const { edit, write, where } of problems) {
      if (edit === null) continue;
      const place = placeOfEdit(loaded, edit);
      const before = "refused" in place ? "" : (edited.get(place.source.path)?.text ?? place.source.text);
      const result = "refused" in place ? place : editYaml(before, edit);
      if ("refused" in result || "refused" in place) {
        const why = "refused" in result ? result.refused : "";
        refused.push(`${service}: ${why}: write \`${write}\` in ${where ?? "afloat.yaml"} by hand`);
        continue;
      }
      edited.set(place.source.path, { source: place.source, text: result.text });
      services.add(service);
    }
  }
  return { edited: [...edited.values()].filter(({ source, text }) => text !== source.text), services, refused };
}

/** What is written must be understood by whoever reads it next. */
function isValid(path: string, texts: ReadonlyMap<string, string>): boolean {
  try {
    readHost(path, { texts });
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
async function checkedAgain(
  { place, checked, agent }: Found,
  texts: ReadonlyMap<string, string>,
  fixed: Set<string>,
): Promise<number> {
  const { spec } = readHost(place.configFile, { texts });
  const services = spec.services.filter(({ name }) => fixed.has(name));
  const again = await checkAll(services, place, agent.status, true);
  for (const line of ["", ...checkedLines(again)]) console.log(line);
  const others = checked.filter(({ service }) => !fixed.has(service));
  return [...others, ...again].every(({ ok }) => ok) ? 0 : 1;
}
