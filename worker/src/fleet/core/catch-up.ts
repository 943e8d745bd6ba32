import { moveSnapshot } from "@afloat/shared/core/clock-correction";
import type { Hello } from "@afloat/shared/wire";
import type { CatchUp } from "./fleet-types.ts";
import { ALL, decideIncidents } from "./incident-rules.ts";

/** What a host is about to tell of the time before this hello, and by how it stands now, what of that may be open still. */
export function decideCatchUp(hello: Hello, heldSeq: number, nowMs: number): CatchUp | undefined {
  if (hello.lastSeq <= heldSeq) return undefined;
  const at = { atMs: nowMs, seq: hello.lastSeq };
  const standing = hello.services.flatMap((snapshot) => {
    const closed = decideIncidents({ kind: "flip", snapshot, ...at }, snapshot.name)
      .filter(({ kind }) => kind === "close")
      .map(({ incident }) => incident);
    return ALL.filter((kind) => !closed.includes(kind)).map((kind) => `${snapshot.name}/${kind}`);
  });
  return { upTo: hello.lastSeq, standing };
}

/** It happened before the host came back, and by what it said then it was over. `key`: `service/kind`. */
export function isOver(catchUp: CatchUp | undefined, key: string, seq: number): boolean {
  return catchUp !== undefined && seq <= catchUp.upTo && !catchUp.standing.includes(key);
}

/** More is to come of what happened before the host came back, after the event of this number. */
export function isCatchingUp(catchUp: CatchUp | undefined, seq: number): boolean {
  return catchUp !== undefined && seq < catchUp.upTo;
}

/** A first hello says how services stand by the host's own clock. Less than this may be a slow way, milliseconds. */
const FAR_OFF_MS = 10_000;

/** Before an agent has measured our clock, its times are moved by what hello shows of its own. */
export function byOurClock(hello: Hello, nowMs: number): Hello {
  const byMs = nowMs - hello.clockMs;
  // An older agent does not correct its events either.
  if (hello.ranMs === undefined || hello.correctedMs !== undefined || Math.abs(byMs) <= FAR_OFF_MS) return hello;
  return { ...hello, services: hello.services.map((service) => moveSnapshot(service, byMs)) };
}
