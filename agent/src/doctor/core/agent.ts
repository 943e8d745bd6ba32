import type { JournalStatus, LinkStatus } from "../../control/protocol.ts";
import { journalWords } from "../../journal/core/journal-words.ts";
import { type Finding, finding, ok } from "./finding.ts";

/** The agent as it was met. */
export interface AgentFacts {
  /** This command's. */
  version: string;
  node: string;
  platform: string;
  kernel: string;
  /** Null where none answers. */
  agent: {
    pid: number;
    version: string;
    startedMs: number;
    link: LinkStatus;
    journal?: JournalStatus | undefined;
    /** When it was asked. */
    askedMs?: number | undefined;
  } | null;
  /** Who holds the state folder; null for nobody. */
  holderPid: number | null;
  /** Why it gave no answer, though there is one; null otherwise. */
  fault: string | null;
  /** When the configuration was last written; null where there is none. */
  configMs: number | null;
  /** Mistakes in it, each a line. */
  mistakes: readonly string[];
}

/** Versions, the agent's life, its configuration, its link. */
export function judgeAgent(facts: AgentFacts): Finding[] {
  const { agent } = facts;
  return [
    ...versions(facts),
    ...life(facts),
    ...configuration(facts),
    ...link(agent?.link ?? null),
    ...journal(agent?.journal ?? null, agent?.askedMs ?? 0),
  ];
}

function versions({ version, node, platform, kernel, agent }: AgentFacts): Finding[] {
  const found = [];
  if (agent !== null && agent.version !== version) {
    const what = `the agent is afloat ${agent.version}, this command ${version}`;
    found.push(
      finding(
        "versions",
        "warning",
        what,
        "the agent goes on with what it was started as",
        `kill ${agent.pid} && afloat up --daemon    # services run on, and are taken over`,
      ),
    );
  }
  const major = Number(node.replace(/^v/, "").split(".")[0]);
  if (major < 20)
    found.push(
      finding(
        "versions",
        "problem",
        `Node ${node} is too old`,
        "afloat needs Node 20 or newer",
        "install a newer Node: https://nodejs.org",
      ),
    );
  if (platform !== "linux")
    found.push(
      finding(
        "versions",
        "note",
        `this is ${platform}`,
        "afloat is tested on Linux only: who holds a port is not known here",
        null,
      ),
    );
  return found.length > 0 ? found : [ok("versions", `afloat ${version}, Node ${node}, ${platform} ${kernel}`)];
}

function life({ agent, holderPid, fault }: AgentFacts): Finding[] {
  if (agent !== null) return [ok("agent", `runs as pid ${agent.pid}`)];
  if (fault !== null) {
    const mend =
      holderPid === null ? null : `kill ${holderPid} && afloat up --daemon    # services run on, and are taken over`;
    return [finding("agent", "problem", fault, "no command reaches it, and it may restart nothing", mend)];
  }
  if (holderPid !== null) {
    const why = "its control socket is gone or closed: it works, and nobody can ask it anything";
    return [
      finding(
        "agent",
        "problem",
        `the agent (pid ${holderPid}) cannot be reached`,
        why,
        `kill ${holderPid} && afloat up --daemon    # services run on, and are taken over`,
      ),
    ];
  }
  return [finding("agent", "warning", "no agent runs here", "what ends is not restarted", "afloat up --daemon")];
}

function configuration({ mistakes, configMs, agent }: AgentFacts): Finding[] {
  if (configMs === null)
    return [
      finding("configuration", "problem", "there is no configuration", "an agent has nothing to start", "afloat init"),
    ];
  const [first, ...more] = mistakes;
  if (first !== undefined) {
    const what = `the configuration has ${mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`}`;
    const why = `${first}${more.length > 0 ? `, and ${more.length} more` : ""}; with it no agent starts`;
    return [finding("configuration", "problem", what, why, "mend that line; all of them are told by: afloat check")];
  }
  if (agent !== null && configMs > agent.startedMs) {
    const what = "the configuration was written after the agent had started";
    return [finding("configuration", "note", what, "the agent may still go by the old one", "afloat reload")];
  }
  return [ok("configuration", "can be read, and has no mistake")];
}

function link(status: LinkStatus | null): Finding[] {
  switch (status?.kind) {
    case undefined:
      return [];
    case "none":
      return [ok("link", status.why)];
    case "connected":
      return status.via === "http"
        ? [
            finding(
              "link",
              "note",
              `connected to ${status.cloud} by HTTP`,
              `${status.viaWhy ?? "a WebSocket does not pass"}: commands come some seconds later`,
              "afloat link    # when a WebSocket is tried again",
            ),
          ]
        : [ok("link", `connected to ${status.cloud}`)];
    case "refused":
      return [
        finding(
          "link",
          "problem",
          `${status.cloud} refuses this host: ${status.why}`,
          unsentWords(status),
          status.mend ?? "afloat enroll --again",
        ),
      ];
    case "connecting": {
      const why = status.lastError ?? "no answer yet";
      const level = status.attempt > 3 ? "problem" : "warning";
      return [
        finding(
          "link",
          level,
          `not connected to ${status.cloud}: ${why}`,
          unsentWords(status),
          status.mend ?? "afloat link    # what was tried, and when it is tried again",
        ),
      ];
    }
  }
}

function journal(status: JournalStatus | null, nowMs: number): Finding[] {
  const words = status === null ? null : journalWords(status, nowMs);
  if (status === null || words === null) return [];
  const { fault } = status;
  if (fault === null) return [finding("journal", "warning", words.what, words.why, "afloat events    # what is kept")];
  const mend = fault.text.includes("EROFS")
    ? "mount -o remount,rw …    # the file system of the state folder; dmesg says why it was made read-only"
    : "make room on the disk of the state folder; the agent tries again by itself";
  return [finding("journal", "problem", words.what, words.why, mend)];
}

const unsentWords = ({ unsent }: LinkStatus) => `nobody is alerted from afar, and ${unsent} events wait to be told`;
