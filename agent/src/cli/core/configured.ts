import { durationWords } from "@afloat/shared/core/duration";
import { askedWords } from "@afloat/shared/core/endpoint-words";
import { sizeWords } from "@afloat/shared/core/size";
import { redact, redactWords } from "../../redact.ts";
import type { CommandSpec, ServiceSpec } from "@afloat/shared/spec";

/** What is configured of a service, in words: a label and its lines. What is as always is not said. */
export function configuredParts(spec: ServiceSpec): [label: string, texts: string[]][] {
  const { ports, dependsOn, env, stop, log } = spec;
  const parts: [string, string[]][] = [
    ["Configured", [spec.where]],
    ["Command", [commandWords(spec.command)]],
    ["Folder", [spec.cwd]],
    ["User", userWords(spec)],
    ["Ports", ports.length === 0 ? [] : [`${ports.join(", ")}${spec.portOwner === "any" ? ", whoever listens" : ""}`]],
    ["Endpoint", endpointLines(spec)],
    ["Needs", Object.entries(dependsOn).map(([name, condition]) => `${name} (${condition})`)],
    ["Planned", plannedWords(spec)],
    ["Restarts", [restartWords(spec)]],
    [
      "Stops by",
      [
        `${stop.command === null ? "" : `${commandWords(stop.command)}, then `}${stop.signal}, SIGKILL after ${durationWords(stop.timeoutMs)}`,
      ],
    ],
    ["Log", [`up to ${sizeWords(log.maxBytes)}, then put behind; ${log.keep} pieces are kept`]],
    ["Environment", [`${count(Object.keys(env).length, "variable")} configured; all of it: afloat env ${spec.name}`]],
  ];
  return parts.filter(([, texts]) => texts.length > 0);
}

/** A command as one would type it, but for what looks like a secret. */
function commandWords(command: CommandSpec): string {
  return command.kind === "line" ? redact(command.line) : redactWords(command.words.map(quoted));
}

const quoted = (word: string) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function userWords({ user, group }: ServiceSpec): string[] {
  if (user === null && group === null) return [];
  return [`${user ?? "the agent's own"}${group === null ? "" : `, group ${group}`}`];
}

function endpointLines({ endpoint, check }: ServiceSpec): string[] {
  const every = `every ${durationWords(check.intervalMs)}, ${durationWords(check.timeoutMs)} for an answer`;
  return endpoint === null ? [] : [`${askedWords(endpoint)} (${endpoint.where})`, every];
}

function plannedWords({ schedule, follow }: ServiceSpec): string[] {
  const clock =
    schedule === null ? [] : [`at \`${schedule.cron}\`${schedule.timezone === null ? "" : ` in ${schedule.timezone}`}`];
  return follow === null ? clock : [...clock, `when one of these changes: ${follow.paths.join(", ")}`];
}

function restartWords({ restart, backoff }: ServiceSpec): string {
  if (restart === "never") return "never by itself";
  const when = restart === "always" ? "whenever it ends" : "when it fails";
  return `${when}, ${durationWords(backoff.minMs)} to ${durationWords(backoff.maxMs)} apart; stable after ${durationWords(backoff.stableAfterMs)}`;
}
