import type { Diagnosis, Loop, ServiceSnapshot } from "@afloat/shared/domain";
import type { JournalEvent } from "@afloat/shared/wire";
import { redact, redactLines } from "../../redact.ts";

/** An event as it may leave the host. What is configured stands in its words, an endpoint's address or command as well, and may carry a password. */
export function eventWithoutSecrets<E extends JournalEvent>(event: E): E;
export function eventWithoutSecrets(event: JournalEvent): JournalEvent {
  switch (event.kind) {
    case "flip":
      return { ...event, snapshot: snapshotWithoutSecrets(event.snapshot) };
    case "restart":
      return { ...event, why: within(300, event.why) };
    case "loop-opened": {
      const lastLines = redactLines(event.lastLines).map((line) => cut(500, line));
      return { ...event, loop: loopWithout(event.loop), lastLines };
    }
    case "loop-closed":
      return { ...event, loop: loopWithout(event.loop) };
    case "notice":
      return { ...event, text: within(500, event.text) };
    case "command":
      return { ...event, detail: within(500, event.detail) };
    case "agent-started":
    case "agent-stopped":
    case "exited":
    case "removed":
    case "omitted":
      return event;
  }
}

/** How a service stands, as it may leave the host. */
export function snapshotWithoutSecrets(snapshot: ServiceSnapshot): ServiceSnapshot {
  const { reason, loop, endpoint, diagnosis } = snapshot;
  return {
    ...snapshot,
    reason: within(500, reason),
    loop: loop === null ? null : loopWithout(loop),
    endpoint:
      endpoint === null ? null : { ...endpoint, what: within(300, endpoint.what), last: orNull(300, endpoint.last) },
    diagnosis: diagnosis === null ? null : diagnosisWithout(diagnosis),
  };
}

const loopWithout = (loop: Loop): Loop => ({ ...loop, cause: { ...loop.cause, text: within(300, loop.cause.text) } });

function diagnosisWithout(diagnosis: Diagnosis): Diagnosis {
  const { what, proof, write } = diagnosis;
  return { ...diagnosis, what: within(500, what), proof: within(1000, proof), write: orNull(200, write) };
}

/** What stands for a secret may be longer than the secret: the wire's bounds (wire.ts) hold afterwards. */
const within = (limit: number, text: string) => cut(limit, redact(text));
const orNull = (limit: number, text: string | null) => (text === null ? null : within(limit, text));
const cut = (limit: number, text: string) => (text.length > limit ? text.slice(0, limit).toWellFormed() : text);
