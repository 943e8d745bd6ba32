import { readdirSync, readlinkSync } from "node:fs";
import { livingProcesses, type ProcessStat } from "./proc.ts";
import { noteShortage } from "./shortage.ts";
import { type Listener, listenersSeenBy } from "./socket-table.ts";

/** Who holds which socket, as Linux tells it through /proc. */

/** A socket as one process holds it. */
export interface Held {
  pid: number;
  fd: string;
  inode: string;
}

/** The sockets that a process holds, by inode. */
export function socketsOf(pid: number): Map<string, Held> {
  const held = new Map<string, Held>();
  for (const { fd, target } of descriptorsOf(pid)) {
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) held.set(inode, { pid, fd, inode });
  }
  return held;
}

/** True while that process still holds that socket. */
export function isHeld({ pid, fd, inode }: Held): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
  } catch (error) {
    noteShortage(error);
    // It closed it, or is gone.
    return false;
  }
}

/** Who holds each of these sockets; those are left out where there is nobody, or where we may not look. */
export function holdersOf(inodes: ReadonlySet<string>): Map<string, Held & { stat: ProcessStat }> {
  const holders = new Map<string, Held & { stat: ProcessStat }>();
  if (inodes.size === 0) return holders;
  for (const stat of livingProcesses()) {
    for (const held of socketsOf(stat.pid).values())
      if (inodes.has(held.inode) && !holders.has(held.inode)) holders.set(held.inode, { ...held, stat });
    if (holders.size === inodes.size) break;
  }
  return holders;
}

/** Every listening TCP socket of our own network namespace, now; null where the system does not tell. */
export function listeners(): Listener[] | null {
  return listenersSeenBy("self", 0);
}

/**
 * Of these processes, the first that listens on one of the ports; null where none does or the system does not tell. They share
 * one look at the sockets, and it is never older than this call: who has just taken a port over is not to be missed.
 */
export function listenerAmong(members: readonly ProcessStat[], ports: readonly number[]): ProcessStat | null {
  if (ports.length === 0) return null;
  const beganMs = performance.now();
  for (const member of members) {
    const table = listenersSeenBy(member.pid, performance.now() - beganMs) ?? [];
    const held = socketsOf(member.pid);
    if (table.some(({ port, inode }) => ports.includes(port) && held.has(inode))) return member;
  }
  return null;
}

/** What a process holds open: each descriptor and what it leads to, like `socket:[4711]` or `/var/log/web.log (deleted)`. */
export function descriptorsOf(pid: number): { fd: string; target: string }[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [{ fd, target: readlinkSync(`/proc/${pid}/fd/${fd}`) }];
      } catch (error) {
        noteShortage(error);
        // Closed in the meantime.
        return [];
      }
    });
  } catch (error) {
    noteShortage(error);
    // Gone, not ours to look at, or not Linux.
    return [];
  }
}
