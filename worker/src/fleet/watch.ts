import { noChange } from "./core/change.ts";
import { commandDueMs, decideOverdue } from "./core/command-flight.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { decideLink } from "./core/link-change.ts";
import { decideLiveness, HOLDS_PLACE_MS } from "./core/liveness.ts";
import type { Nerve } from "./nerve.ts";
import { CLOSE, hangUp } from "./sockets.ts";

/** What falls due by itself: silent hosts, commands nobody took. Changes only what is due; run twice, it does nothing more. */
export function sweep(nerve: Nerve, nowMs: number): void {
  for (const command of [...nerve.store.commands.values()]) {
    const ended = decideOverdue(command, nowMs);
    if (ended === null) continue;
    nerve.commit(command.hostId, { ...noChange(), commands: new Map([[ended.id, ended]]) }, null, nowMs);
  }
  for (const host of [...nerve.store.hosts.values()]) {
    if (host.link === "online") sweepHost(nerve, host, nowMs);
  }
}

/** The earliest moment at which something may fall due; null where nothing can. */
export function nextDueMs(nerve: Nerve, nowMs: number): number | null {
  const dues = [...nerve.store.commands.values()].map(commandDueMs);
  for (const host of nerve.store.hosts.values()) {
    if (host.link !== "online") continue;
    const liveness = decideLiveness({ ...host, heardMs: nerve.heardMs(host) }, nowMs);
    dues.push(liveness.kind === "silent" ? nowMs : liveness.dueMs);
  }
  if (nerve.recorder.retryAtMs !== null) dues.push(nerve.recorder.retryAtMs);
  else if (nerve.store.journal.pending.length > 0) dues.push(nowMs);
  return dues.length === 0 ? null : Math.min(...dues);
}

function sweepHost(nerve: Nerve, host: FleetHost, nowMs: number): void {
  const liveness = decideLiveness({ ...host, heardMs: nerve.heardMs(host) }, nowMs);
  if (liveness.kind === "heard") return hangUpMute(nerve, host, nowMs);
  if (liveness.kind === "excused") return nerve.store.putHost({ ...host, countFromMs: nowMs });
  const position = nerve.store.journal.nextPosition(nowMs);
  const at = { sinceMs: liveness.sinceMs, heardMs: liveness.sinceMs, nowMs, position };
  nerve.commit(host.id, decideLink(host, "silent", at, nerve.known(host).incidents), null, nowMs);
  for (const { socket } of nerve.sockets.agents(host.id)) hangUp(socket, CLOSE.silent, "nothing heard; connect anew");
}

/** Connections on which nobody ever said hello. */
function hangUpMute(nerve: Nerve, host: FleetHost, nowMs: number): void {
  for (const { socket, attachment, heardMs } of nerve.sockets.agents(host.id)) {
    if (attachment.speaker === null && nowMs - heardMs > HOLDS_PLACE_MS) hangUp(socket, CLOSE.silent, "no hello");
  }
}
