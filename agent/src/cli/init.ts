import { existsSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { loadConfig } from "../config/load.ts";
import { messageOf } from "../error-words.ts";
import { proposalText } from "../survey/core/proposal-text.ts";
import { survey } from "../survey/survey.ts";
import type { Place } from "./place.ts";

export interface InitOptions {
  force?: boolean;
  yes?: boolean;
  json?: boolean;
  schema?: boolean;
}

/** `afloat init`: looks around and proposes an afloat.yaml, to be read and changed by a person. Runs nothing of what it finds. */
export async function init(place: Place, options: InitOptions): Promise<number> {
  if (options.schema === true) return printSchema();
  const { configFile } = place;
  if (options.json !== true && existsSync(configFile) && options.force !== true) {
    console.error(`${configFile} is there already; to write it anew: afloat init --force`);
    return 1;
  }
  const found = await survey(dirname(configFile));
  const text = proposalText(found);
  const { services } = loadConfig(configFile, { texts: new Map([[resolve(configFile), text]]) });
  if (options.json === true) {
    console.log(JSON.stringify({ ...found, proposal: text }));
    return 0;
  }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (isTerminal) console.log(text);
  if (isTerminal && options.yes !== true && !(await mayWrite(configFile))) {
    console.error("nothing was written");
    return 1;
  }
  const fault = write(configFile, text, options.force === true);
  if (fault !== null) {
    console.error(fault);
    return 1;
  }
  const names = services.map(({ name }, i) => `${name} (from ${found.services[i]?.from ?? "here"})`).join(", ");
  console.log(`${configFile} is written${services.length === 0 ? "" : ` with ${names}`}`);
  console.log("Next: read it, add ports and health endpoints, then: afloat up, and in another terminal: afloat check");
  return 0;
}

async function printSchema(): Promise<number> {
  const { default: schema } = await import("@afloat/shared/afloat.schema.json", { with: { type: "json" } });
  console.log(JSON.stringify(schema, null, 2));
  return 0;
}

async function mayWrite(configFile: string): Promise<boolean> {
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await ask.question(`Write this to ${basename(configFile)}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    ask.close();
  }
}

/** Why it could not be written, or null. What somebody else wrote in the meantime is not overwritten either. */
function write(path: string, text: string, force: boolean): string | null {
  try {
    writeFileSync(path, text, { flag: force ? "w" : "wx" });
    return null;
  } catch (error) {
    return `cannot write ${path}: ${messageOf(error)}`;
  }
}
