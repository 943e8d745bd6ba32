import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { livingProcesses, type ProcessStat } from "./proc.ts";

/** Who listens where, as Linux tells it through /proc. */

/** A listening TCP socket of this network namespace: its port, and the inode by which /proc/PID/fd names it. */
export interface Listener {
  port: number;
  inode: string;
}

/** Every listening TCP socket, IPv4 and IPv6; null where the system does not tell. */
export function listeners(): Listener[] | null {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(readTable).filter((text) => text !== null);
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
  for (const { target } of descriptorsOf(pid)) {
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
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

/** Of these processes, the first that listens on one of the ports; null where none does or the system does not tell. */
export function listenerAmong(members: readonly ProcessStat[], ports: readonly number[]): ProcessStat | null {
  if (ports.length === 0) return null;
  const inodes = new Set((listeners() ?? []).filter(({ port }) => ports.includes(port)).map(({ inode }) => inode));
  if (inodes.size === 0) return null;
  return members.find(({ pid }) => [...socketInodes(pid)].some((inode) => inodes.has(inode))) ?? null;
}

/** What a process holds open: each descriptor and what it leads to, like `socket:[4711]` or `/var/log/web.log (deleted)`. */
export function descriptorsOf(pid: number): { fd: string; target: string }[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [{ fd, target: readlinkSync(`/proc/${pid}/fd/${fd}`) }];
      } catch {
        // Closed in the meantime.
        return [];
      }
    });
  } catch {
    // Gone, not ours to look at, or not Linux.
    return [];
  }
}

function readTable(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux.
    return null;
  }
}
