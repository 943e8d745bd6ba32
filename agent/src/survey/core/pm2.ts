import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import {
  commandOf,
  envOf,
  type Found,
  mention,
  portSaid,
  type Proposal,
  proposal,
  YAML_LIMIT,
  recordOf,
  textOf,
  wordsOf,
} from "./found.ts";

/** The apps of a pm2 ecosystem file, read as data and never run: JSON, or a literal in JavaScript. Code is only mentioned. */
export function fromPm2(text: string, file: string): Found {
  if (text.length > YAML_LIMIT) return mention(file, "is too large to be looked into");
  const data = file.endsWith(".json") ? jsonOf(text) : literalOf(text);
  const isCode = "is code, which is not run here: write its apps as services by hand";
  if (data === null) return mention(file, file.endsWith(".json") ? "is no JSON" : isCode);
  const apps = Array.isArray(data) ? data : (recordOf(data)["apps"] ?? []);
  const services = [apps].flat().flatMap((app: unknown) => serviceOf(recordOf(app), file) ?? []);
  return { services: services.slice(0, 100), mentions: [] };
}

const RUNS: [RegExp, string][] = [
  [/\.([cm]?[jt]s)$/, "node"],
  [/\.py$/, "python3"],
  [/\.sh$/, "sh"],
  [/\.rb$/, "ruby"],
  [/\.php$/, "php"],
];

function serviceOf(app: Record<string, unknown>, file: string): Proposal | null {
  const script = textOf(app["script"]);
  if (script === null) return null;
  const args = Array.isArray(app["args"]) ? app["args"].map(String) : (wordsOf(textOf(app["args"]) ?? "") ?? []);
  const said = textOf(app["interpreter"]) ?? textOf(app["exec_interpreter"]);
  const interpreter = said === "none" ? null : (said ?? RUNS.find(([ends]) => ends.test(script))?.[1] ?? null);
  const words = [...(interpreter === null ? [] : [interpreter]), ...(wordsOf(script) ?? [script]), ...args];
  if (words.length === 0 || words.some((word) => word.includes("\0"))) return null;
  const env = { ...envOf(app["env"]), ...envOf(app["env_production"]) };
  const { command, notes } = { command: commandOf(words), notes: notesOf(app) };
  const more = { dir: textOf(app["cwd"]) ?? ".", env, port: portSaid(words.join(" "), env), notes };
  return proposal(textOf(app["name"]) ?? script, command, file, more);
}

/** What has another name here. */
function notesOf(app: Record<string, unknown>): string[] {
  const notes = [];
  const instances = app["instances"];
  if (instances !== undefined && instances !== 1 && instances !== "1")
    notes.push(`pm2 ran it in ${textOf(instances) ?? Number(instances)} instances`);
  const memory = app["max_memory_restart"];
  if (memory !== undefined) notes.push(`pm2 restarted it above ${textOf(memory) ?? Number(memory)} of memory`);
  if (app["watch"] === true) notes.push("restart_on_change: .    # pm2 watched its files");
  const cron = textOf(app["cron_restart"]);
  if (cron !== null) notes.push(`restart_at: ${JSON.stringify(cron)}`);
  return notes;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * What `module.exports = { … }` or `export default { … }` holds, where it is a literal: it is nearly YAML, once comments are gone and keys have
 * quotes. Null where anything in it is a name, a call or a template.
 */
function literalOf(code: string): unknown {
  const plain = bare(code).trim().replace(/;$/, "").trimEnd();
  const begin = /module\.exports\s?=|export default/.exec(plain);
  const literal = begin === null ? "" : plain.slice(begin.index + begin[0].length).trimStart();
  // What stands before it would be code.
  if (begin === null || plain.slice(0, begin.index).trim() !== "" || !/^[[{]/.test(literal)) return null;
  try {
    const document = parseDocument(literal, { logLevel: "silent" });
    return document.errors.length === 0 && isPlainData(document.contents) ? document.toJS() : null;
  } catch {
    // Nested too deeply to be read.
    return null;
  }
}

/** Without comments, with keys in quotes, and white space one blank. A comment that does not end goes to the end: each part is looked at once. */
function bare(code: string): string {
  const parts =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![\w$])([A-Za-z_$][\w$]*)\s?:|\s+/g;
  return code.replaceAll(parts, (_all, text, key) => {
    if (typeof text === "string") return text;
    return typeof key === "string" ? `"${key}": ` : " ";
  });
}

/** A bare word would be a name in JavaScript; a backslash means something else there than in YAML. */
function isPlainData(node: unknown): boolean {
  if (isMap(node)) return node.items.every(({ key, value }) => isPlainData(key) && isPlainData(value));
  if (isSeq(node)) return node.items.every((item) => isPlainData(item));
  if (!isScalar(node)) return false;
  if (node.type === "PLAIN") return typeof node.value !== "string" && node.source !== "" && node.source !== "~";
  return !(node.source ?? "").includes("\\") && typeof node.value === "string" && !node.value.includes("\\");
}
