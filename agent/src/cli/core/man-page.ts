import type { CommandWords, OptionWords } from "./command-words.ts";

/** What the environment says, where options do not. */
const ENVIRONMENT = [
  ["AFLOAT_CONFIG", "the configuration, where --config is not said"],
  ["AFLOAT_STATE", "the state folder, where --state is not said"],
  ["AFLOAT_ENROLMENT_KEY", "the key by which `afloat enroll` connects this host to a cloud"],
  ["NO_COLOR, FORCE_COLOR", "no colours at all, or colours also where there is no terminal"],
] as const;

const FILES = [
  ["afloat.yaml", "the configuration"],
  [".afloat/", "beside it: what the agent keeps, its own log agent.log, and the output of services in logs/"],
] as const;

/** The manual page, in roff (man(7)). */
export function manPage(
  program: CommandWords,
  version: string,
  exitCodes: readonly (readonly [code: number, meaning: string])[],
): string {
  const [, examples = ""] = program.after.split(/^Examples?:$/m);
  return [
    `.TH AFLOAT 1 "" "afloat ${version}" "User Commands"`,
    ".SH NAME",
    "afloat \\- keeps the services of a host up, and tells when they will not stay up",
    ".SH SYNOPSIS",
    ".B afloat",
    "[options] command [options] [services]",
    ".SH DESCRIPTION",
    roff(program.description),
    "Services are meant by name, by pattern (quoted: 'web\\-*'), or all of them by the word all.",
    ".SH OPTIONS",
    ...program.options.flatMap(optionLines),
    ".SH COMMANDS",
    ...program.commands.flatMap(commandLines),
    ".SH EXIT STATUS",
    ...exitCodes.flatMap(([code, meaning]) => [".TP", `.B ${code}`, roff(meaning)]),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, meaning]) => [".TP", `.B ${roff(name)}`, roff(meaning)]),
    ".SH FILES",
    ...FILES.flatMap(([name, meaning]) => [".TP", `.B ${roff(name)}`, roff(meaning)]),
    ".SH EXAMPLES",
    ...asItStands(examples),
    "",
  ].join("\n");
}

function commandLines({ usage, description, options, after }: CommandWords): string[] {
  return [`.SS ${roff(usage)}`, roff(description), ...options.flatMap(optionLines), ...notesLines(after)];
}

/** Notes are filled to the page's width; examples stand as they are. */
function notesLines(after: string): string[] {
  const at = /^Examples?\b.*:$/m.exec(after)?.index ?? after.length;
  const notes = after.slice(0, at).trim();
  const examples = after.slice(at).trim();
  return [...(notes === "" ? [] : [".PP", roff(notes)]), ...(examples === "" ? [] : [".PP", ...asItStands(examples)])];
}

function optionLines({ short, long, value, description, choices }: OptionWords): string[] {
  const names = [short, long].flatMap((name) => name ?? []).join(", ");
  const valued = value === null ? names : `${names} <${value}>`;
  return [".TP", `.B ${roff(valued)}`, roff(description + (choices.length > 0 ? ` (${choices.join(", ")})` : ""))];
}

/** Lines that must not be filled. */
const asItStands = (text: string) => [".nf", ...text.trim().split("\n").map(roff), ".fi"];

/** Text that roff takes for nothing else. */
function roff(text: string): string {
  const escaped = text
    .replaceAll("\\", String.raw`\e`)
    .replaceAll("-", String.raw`\-`)
    .replaceAll(
      /[^\n -~]/gu,
      (letter) => `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
    );
  // A dot or a quote at the beginning of a line is a request.
  return escaped
    .split("\n")
    .map((line) => (/^[.']/.test(line) ? String.raw`\&${line}` : line))
    .join("\n");
}
