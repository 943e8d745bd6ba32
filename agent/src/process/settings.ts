import { execFile } from "node:child_process";
import { getPriority } from "node:os";
import type { LimitSpec, ProcessSpec } from "@afloat/shared/spec";
import { isToolThere } from "./tools.ts";
import { ownName } from "./user.ts";

/** How long the system may take to say whether it grants what is set, milliseconds. */
const TRIAL_MS = 10_000;

/** Where each of the tools comes from. */
const PACKAGES: Record<string, string> = { prlimit: "util-linux", setpriv: "util-linux", nice: "coreutils" };

/**
 * What is put before a program so that the system gives it its niceness, limits, umask and badness: each tool becomes the next, and the last
 * becomes the program, in one process. `then` is what follows before the program (another user): limits are set before, while there is the
 * right to. Answers in words what is not granted, since a tool would otherwise say so in the log of the service, or go on without.
 */
export async function settingsPrefix(
  settings: ProcessSpec,
  then: readonly string[],
): Promise<{ prefix: string[] } | { fault: string }> {
  const own = [...shellOf(settings), ...limitsOf(settings), ...niceOf(settings)];
  const prefix = [...own, ...then];
  const key = prefix.join("\0");
  if (granted.has(key)) return { prefix };
  const said = await tryOut(prefix);
  if (said === null) granted.add(key);
  return said === null ? { prefix } : { fault: faultWords(said, settings) };
}

/** What was granted once in the life of the agent is not asked again: a restart must be quick. */
const granted = new Set<string>();

function shellOf({ umask, oomScoreAdj }: ProcessSpec): string[] {
  const lines = [];
  if (oomScoreAdj !== null) lines.push(`echo ${oomScoreAdj} >/proc/self/oom_score_adj`);
  if (umask !== null) lines.push(`umask ${umask}`);
  return lines.length === 0 ? [] : ["/bin/sh", "-c", [...lines, 'exec "$@"'].join(" && "), "sh"];
}

function limitsOf({ limits }: ProcessSpec): string[] {
  if (limits.length === 0) return [];
  return ["prlimit", ...limits.map(({ option, ...limit }) => `--${option}=${rangeOf(limit)}`), "--"];
}

/** prlimit(1): `1024:4096`, `1024:` for the soft one alone, `:4096` for the hard one. */
const rangeOf = ({ soft, hard }: Pick<LimitSpec, "soft" | "hard">) => `${soft ?? ""}:${hard ?? ""}`;

/** nice(1) adds to what it has. */
function niceOf({ nice }: ProcessSpec): string[] {
  return nice === null || nice === getPriority() ? [] : ["nice", "-n", String(nice - getPriority())];
}

/** Runs it before a program that does nothing; answers what was said against it, or null. */
function tryOut(prefix: readonly string[]): Promise<string | null> {
  const [program, ...args] = [...prefix, "true"];
  return new Promise((resolve) => {
    execFile(program, args, { cwd: "/", timeout: TRIAL_MS }, (error, _out, err) => {
      // nice(1) goes on where it is refused, and says so.
      const said = err.trim().split("\n")[0] ?? "";
      if (error === null && said === "") return resolve(null);
      resolve(said === "" ? (error?.message ?? "refused") : said);
    });
  });
}

/** What the system said, and how to mend it: short, since a reason is shown in one line. */
function faultWords(said: string, { nice, limits, oomScoreAdj }: ProcessSpec): string {
  const missing = ["prlimit", "setpriv", "nice"].find((tool) => said.includes(tool) && !isToolThere(tool));
  if (missing !== undefined)
    return `its process settings need ${missing}, which is not on this host: install ${PACKAGES[missing]}`;
  const why = said.split(": ").at(-1) ?? said;
  if (said.startsWith("nice:")) {
    return `nice ${nice}: ${why} for ${ownName()}; write ${getPriority()} or more, or run the agent as root`;
  }
  if (said.startsWith("prlimit:")) {
    const names = limits.map(({ name }) => name).join(", ");
    return `limits (${names}): ${why} for ${ownName()}; write at most the agent's hard limit, or raise that (systemd: LimitNOFILE= and its like)`;
  }
  if (oomScoreAdj !== null && said.includes("sh:"))
    return `oom_score_adj ${oomScoreAdj}: ${why} for ${ownName()}; only root may go below what the agent has`;
  return `its process settings do not work on this host: ${said}`;
}
