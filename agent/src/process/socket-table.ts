import { closeSync, openSync, readlinkSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { noteShortage, watchShortage } from "./shortage.ts";

/** A listening TCP socket: where, and the inode by which /proc/PID/fd names it. */
export interface Listener {
  /** Like `127.0.0.1`, `0.0.0.0` for all of IPv4, `::` for all; an IPv6 address in full, but for `::1` and `::`. */
  address: string;
  port: number;
  inode: string;
}

/** What is read at once, bytes: some thirty rows. */
const PIECE_BYTES = 4096;

/**
 * Every listening TCP socket in the network namespace of a process (its number, or `self`), IPv4 and IPv6; null where the
 * system does not tell. It costs milliseconds: the kernel goes through all of its connections. Who can do with a look that is
 * not older than `maxAgeMs` shares it with others.
 */
export function listenersSeenBy(pid: number | "self", maxAgeMs: number): Listener[] | null {
  const namespace = networkOf(pid) ?? "";
  const known = looks.get(namespace);
  const nowMs = performance.now();
  if (known !== undefined && nowMs - known.readMs <= maxAgeMs) return known.listeners;
  const wasShort = watchShortage();
  const tables = ["tcp", "tcp6"].map((name) => readListeners(`/proc/${pid}/net/${name}`));
  if (tables.every((table) => table === null)) return null;
  const listeners = tables.flatMap((table) => table ?? []);
  // Namespaces come and go with services; what is old is of no use to anybody.
  for (const [each, { readMs }] of looks) if (nowMs - readMs > OLD_MS) looks.delete(each);
  // Half a look is nothing to share.
  if (!wasShort()) looks.set(namespace, { readMs: performance.now(), listeners });
  return listeners;
}

const OLD_MS = 60_000;
const looks = new Map<string, { readMs: number; listeners: Listener[] }>();

/** The network namespace that a process lives in, like `net:[4026531840]`; null where the system does not tell. */
export function networkOf(pid: number | "self"): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch (error) {
    noteShortage(error);
    // Gone, not ours to look at, or not Linux.
    return null;
  }
}

/** Of a look, those at a port. Each look is put in order once: hundreds of services ask for theirs. */
export function listenersAt(look: readonly Listener[], port: number): readonly Listener[] {
  const known = orders.get(look) ?? byPort(look);
  orders.set(look, known);
  return known.get(port) ?? NOBODY;
}

/** By hand: Map.groupBy is not in Node 20. */
function byPort(look: readonly Listener[]): Map<number, Listener[]> {
  const ports = new Map<number, Listener[]>();
  for (const listener of look) {
    const known = ports.get(listener.port);
    if (known === undefined) ports.set(listener.port, [listener]);
    else known.push(listener);
  }
  return ports;
}

const orders = new WeakMap<readonly Listener[], Map<number, Listener[]>>();
const NOBODY: readonly Listener[] = [];

/** Of those listening, who is reached at an address: an exact one goes before all of its family, and that before all. */
export function reachedAt(listeners: readonly Listener[], address: string, port: number): Listener[] {
  const family = address.includes(":") ? ["::"] : ["0.0.0.0", "::"];
  for (const at of [address, ...family]) {
    const found = listenersAt(listeners, port).filter(({ address }) => address === at);
    if (found.length > 0) return found;
  }
  return [];
}

/** Listening sockets stand before all others (Linux, Documentation/networking/proc_net_tcp.rst): what follows is not read. */
function readListeners(path: string): Listener[] | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    noteShortage(error);
    // Not Linux, no IPv6, or the process is gone.
    return null;
  }
  try {
    const found: Listener[] = [];
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let rest = "";
    for (let isHead = true; ;) {
      const count = readSync(file, piece);
      if (count === 0) return found;
      const lines = (rest + piece.toString("latin1", 0, count)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of isHead ? lines.slice(1) : lines) {
        const fields = line.trim().split(/\s+/);
        // State 0A is TCP_LISTEN (include/net/tcp_states.h).
        if (fields[3] !== "0A") return found;
        const [address = "", port = ""] = fields[1]?.split(":") ?? [];
        found.push({ address: addressOf(address), port: Number.parseInt(port, 16), inode: fields[9] ?? "0" });
      }
      isHead = false;
    }
  } catch (error) {
    noteShortage(error);
    // The process is gone meanwhile, or the kernel has no memory for its table.
    return null;
  } finally {
    closeSync(file);
  }
}

/** The kernel prints each four bytes of an address as a number of the machine's own order. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  if (endianness() === "LE") bytes.swap32();
  if (bytes.length === 4) return bytes.join(".");
  const whole = bytes.toString("hex");
  if (whole.startsWith("00000000000000000000ffff")) return bytes.subarray(12).join(".");
  const groups = whole.match(/.{4}/g) ?? [];
  return { [ANY]: "::", [LOOPBACK]: "::1" }[whole] ?? groups.join(":");
}

const ANY = "0".repeat(32);
const LOOPBACK = `${"0".repeat(31)}1`;
