import { StringDecoder } from "node:string_decoder";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import type { CommandEndpoint, ServiceSpec } from "@afloat/shared/spec";
import { spawnCommand } from "../process/spawn.ts";
import { redact } from "../redact.ts";

/** How much of the end of its output is kept, to tell why it failed, characters. */
const TAIL_LIMIT = 1000;

/**
 * Runs a command as the service's own; exit code 0 is ok. When its time is over its whole group is killed. It carries a mark of
 * its own: it is not part of the service. `signal` ends it early, as its deadline would.
 */
export async function probeCommand(
  endpoint: CommandEndpoint,
  spec: ServiceSpec,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<EndpointResult> {
  const startedMs = performance.now();
  const took = () => performance.now() - startedMs;
  const place = { mark: `probe-of:${spec.name}`, logPath: null, lifeline: null };
  const started = await spawnCommand(endpoint.command, spec, place, {});
  if (started.kind === "failed") return { kind: "failed", detail: `cannot start: ${started.error}`, ms: took() };
  const { child, pid } = started;
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder("utf8");
    stream?.on("data", (chunk: Buffer) => {
      tail = (tail + decoder.write(chunk)).slice(-TAIL_LIMIT);
    });
  }
  return new Promise((resolve) => {
    const end = (result: EndpointResult) => {
      clearTimeout(timer);
      killGroup(pid);
      // Somebody it left may hold them open for ever.
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end({ kind: "timeout", ms: took() }), Math.max(0, timeoutMs - took()));
    signal?.addEventListener("abort", () => end({ kind: "timeout", ms: took() }), { once: true });
    child.once("exit", (code, signal) => {
      if (code === 0) return end({ kind: "ok", status: null, ms: took() });
      // What it wrote last may still be on its way.
      setImmediate(() => end({ kind: "failed", detail: failureWords(code, signal, tail), ms: took() }));
    });
  });
}

function failureWords(code: number | null, signal: string | null, tail: string): string {
  const ended = signal === null ? `exits with code ${code}` : `is killed by ${signal}`;
  const line = tail.trim().split("\n").at(-1) ?? "";
  return line === "" ? ended : `${ended}: ${redact(line).slice(0, 200)}`;
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // ESRCH: nobody is left in it.
  }
}
