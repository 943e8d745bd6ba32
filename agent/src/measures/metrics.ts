import type { MetricsSpec } from "@afloat/shared/spec";
import type { Status } from "../control/protocol.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Meter } from "./meter.ts";
import { openFilesOf } from "./system.ts";

interface Rooms {
  supervisor: Supervisor;
  meter: Meter;
  status: () => Status;
  say: (text: string) => void;
}

/** Shows the numbers to Prometheus where the configuration says so; else nothing of it is even loaded. */
export function openMetrics(spec: MetricsSpec | null, rooms: Rooms): { close: () => void } {
  if (spec === null) return { close: () => {} };
  let close = () => {};
  let closed = false;
  const open = async () => {
    const [{ serveMetrics }, { exposition }, { familiesOf }] = await Promise.all([
      import("./metrics-server.ts"),
      import("./core/exposition.ts"),
      import("./core/families.ts"),
    ]);
    if (!closed)
      close = serveMetrics(
        spec,
        () => exposition(familiesOf(agentNumbers(rooms.status()), serviceNumbers(rooms))),
        rooms.say,
      );
  };
  open().catch((error: unknown) => rooms.say(`metrics cannot be served: ${String(error)}`));
  return {
    close: () => {
      closed = true;
      close();
    },
  };
}

function agentNumbers({ agent, link }: Status) {
  const { user, system } = process.cpuUsage();
  return {
    version: agent.version,
    node: process.version,
    startedMs: agent.startedMs,
    cpuSeconds: (user + system) / 1e6,
    memoryBytes: process.memoryUsage.rss(),
    openFiles: openFilesOf("self"),
    connected: link.kind === "connected",
    unsent: link.unsent,
  };
}

function serviceNumbers({ supervisor, meter }: Rooms) {
  meter.refresh();
  return [...supervisor.services.values()].map(({ snapshot, tally }) => ({
    snapshot,
    measures: meter.measures(snapshot.name),
    probes: tally.probes,
    restarts: tally.restarts,
    cpuSeconds: meter.cpuSeconds(snapshot.name),
  }));
}
