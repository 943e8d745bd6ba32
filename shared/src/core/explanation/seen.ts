import type { ServiceSpec } from "../../spec.ts";
import { answerWords, exitWords } from "../answer-words.ts";
import { durationWords } from "../duration.ts";
import { endpointWords } from "../endpoint-words.ts";
import type { Observation, PortResult, ServiceState } from "../lifecycle-types.ts";
import { momentWords } from "../moment.ts";
import { isRetired } from "../blame.ts";
import { strangerWords } from "../stranger.ts";
import { agoWords, sentence, type Sentence } from "./sentence.ts";

type SeenCode =
  | "process"
  | "no-process"
  | "last-exit"
  | "not-probed"
  | "nothing-to-probe"
  | "endpoint"
  | "port"
  | "elsewhere";

/** The evidence: what runs, what the last probe found, how it last ended. */
export function seenOf(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<SeenCode>[] {
  return [processSeen(state, nowMs), ...probeSeen(state, spec, nowMs), ...exitSeen(state, nowMs)];
}

function processSeen({ life }: ServiceState, nowMs: number): Sentence<SeenCode> {
  switch (life.kind) {
    case "up": {
      const adopted = life.adopted ? ", taken over while it ran" : "";
      return {
        code: "process",
        text: `Pid ${life.pid} has run for ${durationWords(nowMs - life.sinceMs)}${adopted}.`,
      };
    }
    case "stopping":
      return {
        code: "process",
        text: `Pid ${life.pid} has been asked to end for ${durationWords(nowMs - life.sinceMs)}.`,
      };
    case "starting":
      return { code: "no-process", text: "Its process is being started." };
    case "backoff":
      return {
        code: "no-process",
        text: life.cannotStart === null ? "No process runs." : `It cannot be started: ${life.cannotStart}.`,
      };
    default:
      return { code: "no-process", text: "No process runs." };
  }
}

function probeSeen(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<SeenCode>[] {
  if (state.life.kind !== "up") return [];
  if (spec.endpoint === null && spec.ports.length === 0) {
    return [
      { code: "nothing-to-probe", text: "Neither an endpoint nor a port is configured: only its process counts." },
    ];
  }
  const { observation } = state;
  if (observation === null) return [{ code: "not-probed", text: "It has not been probed in this life yet." }];
  const ago = agoWords(observation.endedMs, nowMs);
  const seen = [...endpointSeen(state, observation, spec), ...observation.ports.map(portSeen)];
  return [
    ...seen.map(({ code, text }, i) => ({ code, text: i === 0 ? `${ago} ${text}` : text })),
    ...elsewhereSeen(observation),
  ].map(({ code, text }) => ({ code, text: sentence(text) }));
}

function endpointSeen(state: ServiceState, { endpoint }: Observation, spec: ServiceSpec): Sentence<SeenCode>[] {
  if (endpoint === null) {
    if (spec.endpoint === null || !isRetired(state)) return [];
    return [{ code: "endpoint", text: `${endpointWords(spec)} was not called: it crashes the service` }];
  }
  // A timeout's words tell how long already.
  const tookMs = endpoint.kind === "timeout" ? null : Math.round(endpoint.ms);
  const took = tookMs === null ? "" : ` in ${tookMs} ms`;
  return [{ code: "endpoint", text: `${endpointWords(spec)} → ${answerWords(endpoint)}${took}` }];
}

function portSeen(port: PortResult): Sentence<SeenCode> {
  const said = (text: string): Sentence<SeenCode> => ({ code: "port", text: `port ${port.port} ${text}` });
  if (port.kind === "closed") return said("was closed");
  switch (port.owner) {
    case "own":
      if (port.beside !== undefined)
        return said(`listened, its own, and beside it that of ${strangerWords(port.beside)}`);
      return said("listened, its own");
    case "unknown":
      return said("listened; whose it is, the system does not tell");
    case "foreign":
      return said(`was held by ${strangerWords(port)}, which is none of its own`);
  }
}

function elsewhereSeen({ ports, ownPorts }: Observation): Sentence<SeenCode>[] {
  if (ownPorts === null || !ports.some(({ kind }) => kind === "closed")) return [];
  const where = ownPorts.length === 0 ? "nowhere" : `on ${ownPorts.join(", ")}`;
  return [{ code: "elsewhere", text: `its processes listened ${where}` }];
}

function exitSeen({ lastExit }: ServiceState, nowMs: number): Sentence<SeenCode>[] {
  if (lastExit === null) return [];
  const when = momentWords(lastExit.atMs, nowMs);
  const text = `Its last end, at ${when}: ${exitWords(lastExit)} after ${durationWords(lastExit.ranMs)}.`;
  return [{ code: "last-exit", text }];
}
