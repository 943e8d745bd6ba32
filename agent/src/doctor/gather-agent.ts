import { statSync } from "node:fs";
import { release } from "node:os";
import { dirname, join } from "node:path";
import type { HostSpec } from "@afloat/shared/spec";
import { ConfigError, loadConfig } from "../config/load.ts";
import { NotAnswering, NotRunning, request } from "../control/client.ts";
import type { ControlAnswer, Status } from "../control/protocol.ts";
import { messageOf } from "../error-words.ts";
import { holderOfState } from "../state/lock.ts";
import { socketPathOf } from "../state/paths.ts";
import { VERSION } from "../version.ts";
import type { AgentFacts } from "./core/agent.ts";
import type { FileFacts, FilesFacts } from "./core/files.ts";

/** How long the agent is waited for, milliseconds. */
const AGENT_MS = 3_000;

/** Where to look. */
export interface Place {
  configFile: string;
  stateDir: string;
}

/** The configuration, or what is wrong with it. */
export function gatherSpec(configFile: string): { spec: HostSpec | null; mistakes: string[] } {
  try {
    return { spec: loadConfig(configFile), mistakes: [] };
  } catch (error) {
    return { spec: null, mistakes: error instanceof ConfigError ? error.mistakes : [messageOf(error)] };
  }
}

/** What the agent says, and who it is. */
export async function gatherAgent({ configFile, stateDir }: Place, mistakes: readonly string[]): Promise<AgentFacts> {
  const met = await meet(stateDir);
  const answer = "status" in met ? met.status : null;
  return {
    version: VERSION,
    node: process.version,
    platform: process.platform,
    kernel: release(),
    agent:
      answer === null ? null : { ...answer.agent, link: answer.link, journal: answer.journal, askedMs: Date.now() },
    holderPid: holderOfState(stateDir)?.pid ?? null,
    fault: "fault" in met ? met.fault : null,
    configMs: statSync(configFile, { throwIfNoEntry: false })?.mtimeMs ?? null,
    mistakes,
  };
}

async function meet(stateDir: string): Promise<{ status: Status } | { fault: string | null }> {
  let met: { status: Status } | { fault: string | null } = { fault: "the agent does not answer; it seems to hang" };
  const take = (answer: ControlAnswer) => {
    if (answer.kind === "status") met = answer;
    if (answer.kind === "error") met = { fault: answer.message };
    return "last" as const;
  };
  try {
    await request(socketPathOf(stateDir), { call: "status" }, take, AbortSignal.timeout(AGENT_MS));
    return met;
  } catch (error) {
    if (error instanceof NotRunning && !(error instanceof NotAnswering)) return { fault: null };
    return { fault: messageOf(error) };
  }
}

/** What looks like a secret by its name; what stands for one elsewhere (a path, a reference) does not. */
const SECRET = /(password|passwd|secret|token|api_?key|private_?key)$/i;

/** Who may read and write what. */
export function gatherFiles({ configFile, stateDir }: Place, spec: HostSpec | null): FilesFacts {
  const services = spec?.services ?? [];
  const secrets = services.flatMap(({ name, env }) =>
    Object.keys(env).flatMap((key) => (SECRET.test(key) ? [`${name}.env.${key}`] : [])),
  );
  return {
    uid: process.getuid?.() ?? 0,
    state: fileOf(stateDir),
    socket: fileOf(socketPathOf(stateDir)),
    credential: fileOf(join(stateDir, "credential.json")),
    configuration: fileOf(configFile),
    folder: fileOf(dirname(configFile)),
    secrets,
    secretFiles: services.flatMap(({ secretFiles }) =>
      Object.values(secretFiles).flatMap((path) => fileOf(path) ?? []),
    ),
  };
}

function fileOf(path: string): FileFacts | null {
  try {
    const { mode, uid } = statSync(path);
    return { path, mode: mode & 0o7777, uid };
  } catch {
    // Not there, or in a folder that we may not enter.
    return null;
  }
}
