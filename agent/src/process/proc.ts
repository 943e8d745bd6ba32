import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What Linux tells of processes and sockets through /proc. Where it tells nothing (another system, no right), null. */

export interface ProcessStat {
  pid: number;
  name: string;
  /** `Z` is a zombie: dead, whatever signal 0 says. */
  state: string;
  group: number;
  /** Since boot, in clock ticks (proc(5), field 22): with the boot id it names a process beyond the reuse of its pid. */
  startTicks: number;
}

/** Reads /proc/PID/stat; null where there is no such process. */
export function statOf(pid: number): ProcessStat | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name may hold spaces and brackets: everything after the last one is fields 3 and on.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  return {
    pid,
    name: text.slice(text.indexOf("(") + 1, end),
    state: fields[0] ?? "?",
    group: Number(fields[2]),
    startTicks: Number(fields[19]),
  };
}

/** True while the process that had this start time is there and no zombie. */
export function isAlive(pid: number, startTicks: number | null): boolean {
  const stat = statOf(pid);
  if (stat === null || stat.state === "Z" || stat.state === "X") return false;
  return startTicks === null || stat.startTicks === startTicks;
}

/** The kernel's id of this boot, letters and digits only. */
export function bootId(): string {
  return (read("/proc/sys/kernel/random/boot_id") ?? "unknown").trim().replaceAll(/[^a-z0-9]/gi, "");
}

/** Living processes whose environment holds this entry, like `AFLOAT_SPAWN=…`. Reads only what we may. */
export function processesWithEntry(entry: string): ProcessStat[] {
  return livingProcesses().filter((stat) => {
    const environment = read(`/proc/${stat.pid}/environ`);
    return (
      environment !== null && environment.split("\0").some((line) => line === entry || line.startsWith(`${entry}:`))
    );
  });
}

/** Living processes of one group. */
export function processesInGroup(group: number): ProcessStat[] {
  return livingProcesses().filter((stat) => stat.group === group);
}

function livingProcesses(): ProcessStat[] {
  const living: ProcessStat[] = [];
  for (const name of list("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    if (stat !== null && stat.state !== "Z" && stat.state !== "X") living.push(stat);
  }
  return living;
}

/** A listening TCP socket of this network namespace: its port, and the inode by which /proc/PID/fd names it. */
export interface Listener {
  port: number;
  inode: string;
}

/** Every listening TCP socket, IPv4 and IPv6; null where the system does not tell. */
export function listeners(): Listener[] | null {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(read).filter((text) => text !== null);
  if (tables.length === 0) return null;
  const found: Listener[] = [];
  for (const table of tables) {
    for (const line of table.split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      // State 0A is TCP_LISTEN (include/net/tcp_states.h).
      if (fields[3] !== "0A") continue;
      const hex = fields[1]?.split(":")[1];
      const inode = fields[9];
      if (hex !== undefined && inode !== undefined) found.push({ port: Number.parseInt(hex, 16), inode });
    }
  }
  return found;
}

/** The inodes of the sockets a process holds. */
export function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const fd of list(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`) ?? "")?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}

/** Who holds one of these sockets, or null where we may not look. */
export function holderOf(inodes: Set<string>): ProcessStat | null {
  for (const stat of livingProcesses()) {
    for (const inode of socketInodes(stat.pid)) if (inodes.has(inode)) return stat;
  }
  return null;
}

/** A process and all that it started and that did not leave the tree. */
export function treeOf(pid: number): number[] {
  const tree = [pid];
  for (const parent of tree) {
    for (const task of list(`/proc/${parent}/task`)) {
      const children = read(`/proc/${parent}/task/${task}/children`) ?? "";
      for (const child of children.split(" ")) if (child.trim() !== "") tree.push(Number(child));
    }
  }
  return tree;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone in the meantime, not ours to read, or not Linux: all the same to the caller.
    return null;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // As above.
    return [];
  }
}

function link(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // As above.
    return null;
  }
}
