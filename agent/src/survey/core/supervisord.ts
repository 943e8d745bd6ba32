import { STOP_SIGNALS } from "@afloat/shared/domain";
import { commandOf, type Found, portSaid, proposal, wordsOf } from "./found.ts";

/** The programs of a supervisord.conf. supervisord runs them without a shell, and so do we. */
export function fromSupervisord(text: string, file: string): Found {
  const found: Found = { services: [], mentions: [] };
  for (const [section, settings] of sectionsOf(text)) {
    const name = /^program:\s*(.+)$/.exec(section)?.[1];
    const command = settings.get("command");
    if (name === undefined || command === undefined) continue;
    const words = wordsOf(command);
    if (words === null || words.length === 0 || command.includes("\0") || /%\(\w+\)/.test(command)) {
      found.mentions.push({ from: file, text: `${name}: write its command by hand: ${command}` });
      continue;
    }
    const env = environmentOf(settings.get("environment") ?? "");
    const signal = `SIG${settings.get("stopsignal") ?? ""}`;
    const stopSignal = STOP_SIGNALS.find((each) => each === signal) ?? null;
    const dir = settings.get("directory") ?? ".";
    const more = { dir, env, stopSignal, port: portSaid(command, env), notes: notesOf(settings) };
    found.services.push(proposal(name, commandOf(words), file, more));
  }
  return found;
}

function notesOf(settings: ReadonlyMap<string, string>): string[] {
  const user = settings.get("user");
  const count = Number(settings.get("numprocs") ?? 1);
  const notes = user === undefined ? [] : [`user: ${user}    # the agent must run as root for that`];
  if (count > 1) notes.push(`supervisord ran ${count} of it`);
  if (settings.get("autostart") === "false") notes.push("supervisord did not start it by itself");
  return notes;
}

/** As Python's configparser reads it: `[section]`, `key = value`, lines that go on are indented, ` ;` begins a comment. */
function sectionsOf(text: string): [string, Map<string, string>][] {
  const sections: [string, Map<string, string>][] = [];
  let key = "";
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/(?:^|(?<=\s))[;#].*$/, "");
    const settings = sections.at(-1)?.[1];
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    const [, name, value] = /^([A-Za-z_]\w*)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (header !== undefined) sections.push([header, new Map()]);
    else if (name !== undefined && value !== undefined) settings?.set((key = name.toLowerCase()), value.trim());
    else if (/^\s+\S/.test(line) && key !== "") settings?.set(key, `${settings.get(key) ?? ""} ${line.trim()}`.trim());
  }
  return sections;
}

/** `A="1",B=2`; what is to be filled in by supervisord is left out. */
function environmentOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(?<!\w)([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|([^,\s]*))/g)];
  return Object.fromEntries(
    pairs
      .map(([, name = "", a, b, c]) => [name, a ?? b ?? c ?? ""])
      .filter(([, value]) => !/%\(\w+\)/.test(value ?? "")),
  );
}
