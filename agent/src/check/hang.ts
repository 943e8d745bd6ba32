import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Latency } from "@afloat/shared/domain";
import { answerWords } from "@afloat/shared/core/answer-words";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import { durationWords } from "@afloat/shared/core/duration";
import { addressesOf } from "../probe/http.ts";
import { activityWords } from "../process/activity.ts";
import { type Case, type Found, found, tryWith } from "./case.ts";
import { isLoopback } from "./hosts.ts";
import { endAfter, type Look, TRY_TIMEOUT_MS } from "./look.ts";
import { anotherSetting } from "./remedy.ts";

/** How much longer than its timeout an answer is waited for once, and at most, milliseconds. */
const PATIENCE = 5;
const PATIENCE_LIMIT_MS = 15_000;

/** Explains an answer that came in time when it was called again. */
type Explain = (late: EndpointResult) => Promise<Found>;

/**
 * No answer in time: is it slow, or does it hang, and what is the process doing then? What answers in time when it is called again
 * is neither, and `explain` says what it is. Throws LookOver.
 */
export async function whatHangs(at: Case, explain: Explain | null = null): Promise<Found> {
  const { timeoutMs } = at.spec.check;
  const taken = await isTaken(at);
  if (taken !== null)
    return found(
      at,
      "hangs",
      "The port listens, but takes no more connections.",
      `${at.came} ${taken}${await meanwhile(at)}`,
    );
  const [late, doing] = await Promise.all([
    tryWith(at, {}, Math.min(PATIENCE * timeoutMs, PATIENCE_LIMIT_MS)),
    meanwhile(at),
  ]);
  const inTime = late.ms <= timeoutMs && late.kind !== "ok" && late.kind !== "timeout";
  if (inTime && explain !== null) return explain(late);
  if (late.kind !== "timeout" && late.kind !== "refused" && late.kind !== "reset") {
    const { latency } = at.evidence;
    const seconds = Math.ceil((2 * Math.max(late.ms, latency?.p95Ms ?? 0)) / 1000);
    const then = late.kind === "ok" ? "it answers" : `it answers ${answerWords(late)}`;
    const proof = `${at.came} Waited for longer, ${then} after ${durationWords(late.ms)}.${latencyWords(latency ?? null)}`;
    const remedy = anotherSetting(at, "timeout", `${seconds}s`, late.kind === "ok");
    return found(at, "slow", "The endpoint is slower than its timeout.", proof, remedy);
  }
  const what =
    at.endpoint.kind === "command"
      ? "The command does not come to an end."
      : "The endpoint takes the connection and does not answer.";
  return found(at, "hangs", what, `${at.came}${doing}`);
}

/** What its last answers took, a sentence with a space before it; empty before the first. */
function latencyWords(latency: Latency | null): string {
  if (latency === null) return "";
  const { count, p50Ms, p95Ms, maxMs } = latency;
  const [p50, p95, max] = [p50Ms, p95Ms, maxMs].map(durationWords);
  return ` Its last ${count} answers took ${p50} in the middle (p50), ${p95} at p95, ${max} at most.`;
}

async function meanwhile(at: Case): Promise<string> {
  const { pid } = at.evidence;
  const doing = pid === null ? null : await activityWords(pid);
  return doing === null ? "" : ` Meanwhile ${doing}.`;
}

/** Why no connection is taken, a sentence; null where one is, or it is refused. */
async function isTaken(at: Case): Promise<string | null> {
  if (at.endpoint.kind === "command" || (at.endpoint.kind === "http" && at.endpoint.socket !== null)) return null;
  const { hostname } = new URL(at.endpoint.url);
  for (const address of addressesOf(at.endpoint)) {
    if (!("port" in address)) return null;
    const answer = await connects(at.look, address);
    if (answer === "taken") return null;
    if (answer === "refused") continue;
    if (!isLoopback(hostname)) return "Nothing at all comes back: a firewall, or a host that is off.";
    const waiting = waitingAt(address.port);
    return `Not even a connection is made${waiting === null ? "" : `: ${waiting} wait there to be taken, and nobody takes them`}.`;
  }
  return null;
}

function connects(look: Look, address: { host: string; port: number }): Promise<"taken" | "refused" | "nothing"> {
  return look.take(
    TRY_TIMEOUT_MS,
    (ms, signal) =>
      new Promise((resolve) => {
        const socket = connect(address);
        const end = (answer: "taken" | "refused" | "nothing") => {
          clearTimeout(timer);
          socket.destroy();
          resolve(answer);
        };
        const timer = endAfter(ms, () => end("nothing"));
        signal.addEventListener("abort", () => end("nothing"), { once: true });
        socket.once("connect", () => end("taken"));
        socket.once("error", () => end("refused"));
      }),
  );
}

/** How many connections wait at a listening port to be taken; null where the system does not tell (proc_pid_net(5): rx_queue). */
function waitingAt(port: number): number | null {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  let waiting: number | null = null;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readTable(table).split("\n").slice(1)) {
      const [, local = "", , state, queues = ""] = line.trim().split(/\s+/);
      if (state !== "0A" || !local.endsWith(wanted)) continue;
      waiting = Math.max(waiting ?? 0, Number.parseInt(queues.split(":")[1] ?? "0", 16));
    }
  }
  return waiting;
}

function readTable(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux.
    return "";
  }
}
