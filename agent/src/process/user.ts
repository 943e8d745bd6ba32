import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

/** As whom a service runs, as the system's own database of users knows him. */
interface Account {
  name: string;
  uid: number;
  home: string;
  shell: string;
}

/** What is put before a program so that it runs as somebody else, and what his environment has. */
export interface RunAs {
  prefix: string[];
  env: Record<string, string>;
  /** Who owns its log, so that it may open /dev/stdout anew; null for the agent's own user. */
  uid: number | null;
}

/**
 * setpriv (util-linux) changes the user with his supplementary groups and becomes the program; Node alone would drop them.
 * Answers in words why that is not possible.
 */
export function runAs(user: string | null, group: string | null): RunAs | { fault: string } {
  if (user === null && group === null) return { prefix: [], env: {}, uid: null };
  const account = user === null ? null : accountOf(user);
  if (user !== null && account === null) return { fault: `user ${user}: there is no such user on this host` };
  const isSelf = account !== null && group === null && account.uid === process.getuid?.();
  if (isSelf) return { prefix: [], env: environmentOf(account), uid: null };
  if (process.getuid?.() !== 0) {
    return {
      fault: `user ${user ?? group}: only an agent that runs as root may change it; this one runs as ${ownName()}`,
    };
  }
  const prefix = ["setpriv"];
  if (account !== null) prefix.push(`--reuid=${account.uid}`, "--init-groups");
  const primary = group ?? (account === null ? null : primaryGroupOf(account.name));
  if (primary !== null) prefix.push(`--regid=${primary}`);
  if (account === null) prefix.push("--keep-groups");
  return {
    prefix: [...prefix, "--"],
    env: account === null ? {} : environmentOf(account),
    uid: account?.uid ?? null,
  };
}

/** Who this process runs as, for people: containers often run as a number that has no name. */
export function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

/** As login(1) sets it. */
function environmentOf(account: Account): Record<string, string> {
  return { HOME: account.home, USER: account.name, LOGNAME: account.name, SHELL: account.shell };
}

function accountOf(user: string): Account | null {
  const [name, , uid, , , home, shell] = passwdLine(user)?.split(":") ?? [];
  if (name === undefined || uid === undefined) return null;
  return { name, uid: Number(uid), home: home ?? "/", shell: shell?.trim() || "/bin/sh" };
}

function primaryGroupOf(user: string): string | null {
  return passwdLine(user)?.split(":")[3] ?? null;
}

/** From whatever the system keeps its users in; from the file alone where there is no getent. */
function passwdLine(user: string): string | null {
  const known = lines.get(user);
  if (known !== undefined) return known;
  const line = ask(user);
  if (line !== null) lines.set(user, line);
  return line;
}

/** Those who were found: a service that restarts often must not ask each time. */
const lines = new Map<string, string>();

function ask(user: string): string | null {
  try {
    return execFileSync("getent", ["passwd", "--", user], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // No such user, or no getent.
  }
  try {
    const all = readFileSync("/etc/passwd", "utf8").split("\n");
    return all.find((line) => line.split(":")[0] === user || line.split(":")[2] === user) ?? null;
  } catch {
    return null;
  }
}
