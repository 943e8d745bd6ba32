import { connect } from "node:net";
import type { PortResult } from "@afloat/shared/core/lifecycle-types";
import { Members } from "../process/members.ts";
import { treeOf } from "../process/proc.ts";
import { holderOf, type Listener, listeners, socketInodes } from "../process/sockets.ts";

export interface PortsSeen {
  ports: PortResult[];
  /** Where the service's own processes listen; null where the system does not tell. */
  ownPorts: number[] | null;
}

/**
 * Looks at each port: closed is no listening socket and a refused connection; else whose it is, as far as the system tells.
 * `pid` is the service's first process, `mark` finds those that left its tree.
 */
export async function lookAtPorts(ports: number[], pid: number, mark: string, timeoutMs: number): Promise<PortsSeen> {
  const table = listeners();
  if (table === null)
    return { ports: await Promise.all(ports.map((port) => lookBlindly(port, timeoutMs))), ownPorts: null };
  const own = ownInodes(treeOf(pid));
  const isOwn = (port: number) => table.some((each) => each.port === port && own.has(each.inode));
  // The tree is cheap to look at; those who left it only when it does not answer for every port.
  if (!ports.every(isOwn)) {
    const members = await new Members({ pid, startTicks: null }, mark).find();
    for (const inode of ownInodes(members.map((stat) => stat.pid))) own.add(inode);
  }
  const ownPorts = [...new Set(table.filter(({ inode }) => own.has(inode)).map(({ port }) => port))].sort(
    (a, b) => a - b,
  );
  const seen = await Promise.all(ports.map((port) => lookAt(port, table, own, timeoutMs)));
  return { ports: seen, ownPorts };
}

async function lookAt(port: number, table: Listener[], own: Set<string>, timeoutMs: number): Promise<PortResult> {
  const inodes = new Set(table.filter((listener) => listener.port === port).map(({ inode }) => inode));
  if (inodes.size === 0) return lookBlindly(port, timeoutMs);
  for (const inode of inodes) if (own.has(inode)) return { port, kind: "listening", owner: "own" };
  const holder = holderOf(inodes);
  if (holder === null) return { port, kind: "listening", owner: "unknown" };
  return { port, kind: "listening", owner: "foreign", pid: holder.pid, name: holder.name };
}

function ownInodes(pids: readonly number[]): Set<string> {
  return new Set(pids.flatMap((each) => [...socketInodes(each)]));
}

/** Only a connection can tell. One that times out is a full backlog, a hang: not a closed port. */
async function lookBlindly(port: number, timeoutMs: number): Promise<PortResult> {
  for (const host of ["127.0.0.1", "::1"]) {
    if (await accepts(host, port, timeoutMs)) return { port, kind: "listening", owner: "unknown" };
  }
  return { port, kind: "closed" };
}

function accepts(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (open: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(open);
    };
    const timer = setTimeout(() => end(true), timeoutMs);
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
