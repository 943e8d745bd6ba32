import { type AgentMessage, type Hello, PROTOCOL } from "@afloat/shared/wire";
import { OFFLINE_AFTER_MS } from "@afloat/shared/core/offline-after";
import type { HostSpec } from "@afloat/shared/spec";
import type { Journal, Supervised } from "../host.ts";
import { bootId } from "../process/proc.ts";
import { VERSION } from "../version.ts";
import { fitHello } from "./core/fit-hello.ts";
import { snapshotWithoutSecrets } from "./core/without-secrets.ts";
import { hostFacts } from "./host-facts.ts";

interface Rooms {
  awakeMs: () => number;
  spec: () => HostSpec;
  runId: string;
  journal: Journal;
  supervisor: Supervised;
}

/** Who speaks, and how everything stands: the first message of every connection. */
export function helloOf({ spec, runId, journal, supervisor, awakeMs }: Rooms): Hello {
  const hello: Hello = {
    type: "hello",
    protocol: PROTOCOL,
    agent: { version: VERSION, node: process.version },
    ...{ journalId: journal.journalId, bootId: bootId(), runId },
    host: hostFacts(),
    remote: spec().remote,
    ...{ firstSeq: journal.firstSeq, lastSeq: journal.lastSeq },
    // The one place that wants the host's own clock, jumps and all: to show how far off it is.
    clockMs: Date.now(),
    services: supervisor.snapshots().map(snapshotWithoutSecrets),
    streams: true,
    ...silenceOf(spec()),
    ranMs: Math.round(awakeMs()),
  };
  return fitHello(hello, (each) => Buffer.byteLength(JSON.stringify(each)));
}

/** How its silence is to be taken, where that is not as the cloud takes any host's. */
function silenceOf({ offlineAfterMs, sleeps }: HostSpec): Pick<Hello, "offlineAfterMs" | "sleeps"> {
  return {
    ...(offlineAfterMs === undefined || offlineAfterMs === OFFLINE_AFTER_MS.otherwise ? {} : { offlineAfterMs }),
    ...(sleeps === true ? { sleeps } : {}),
  };
}

/** The sign of life over HTTP. */
export function beatOf({ journal, runId }: Pick<Rooms, "journal" | "runId">): AgentMessage {
  return { type: "beat", journalId: journal.journalId, runId, lastSeq: journal.lastSeq };
}
