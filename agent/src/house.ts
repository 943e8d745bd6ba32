import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { groupsOf } from "@afloat/shared/config/groups";
import type { HostSpec } from "@afloat/shared/spec";
import { openAgentLog } from "./agent-log.ts";
import type { MeasuredService, Status } from "./control/protocol.ts";
import { openJournal } from "./journal/journal.ts";
import { Link } from "./link/link.ts";
import { Meter } from "./measures/meter.ts";
import { bootId } from "./process/proc.ts";
import { stateIdOf } from "./state/id.ts";
import { Clock } from "./supervisor/clock.ts";
import { Pulse } from "./supervisor/pulse.ts";
import { Standstill } from "./supervisor/standstill.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { VERSION } from "./version.ts";

/** Everything that an agent consists of, put together; nothing of it has begun. */
export type AgentHouse = ReturnType<typeof buildHouse>;

/** `foreground` shows the log on stderr, too. */
export function buildHouse(options: { spec: HostSpec; configFile: string; stateDir: string; foreground: boolean }) {
  const { configFile, stateDir } = options;
  const startedMs = Date.now();
  const stateId = stateIdOf(stateDir);
  const say = openAgentLog(join(stateDir, "agent.log"), options.foreground);
  const clock = new Clock();
  const nowMs = () => clock.nowMs();
  const runId = randomBytes(8).toString("hex");
  const boot = clockEpoch(runId);
  const journal = openJournal(join(stateDir, "journal"), { nowMs, upMs: () => clock.upMs(), boot, run: runId, say });
  const pulse = new Pulse();
  const onBeat = (listener: () => void) => pulse.onBeat(listener);
  const standstill = new Standstill(() => clock.suspendedMs());
  const ground = { stateDir, stateId, journal, nowMs, earliestMs: () => pulse.earliestMs(), standstill, say };
  const supervisor = new Supervisor(options.spec.services, ground);
  const meter = new Meter({ stateId, services: supervisor.services, nowMs, onBeat });
  // What is in force: a reload puts another in its place.
  const force = { spec: options.spec };
  const ways = { stateDir, runId, journal, supervisor, meter, say };
  const hostTime = () => ({ nowMs: clock.nowMs(), upMs: clock.upMs(), boot });
  const times = { nowMs: () => clock.steadyMs(), elapsedMs: () => clock.elapsedMs(), awakeMs: () => clock.awakeMs() };
  const link = new Link({ ...ways, ...times, hostTime, spec: () => force.spec });
  const agent = { pid: process.pid, version: VERSION, startedMs, configFile, stateDir };
  const status = (): Status => ({
    agent: { ...agent, profiles: force.spec.profiles, sources: force.spec.sources ?? [] },
    link: link.status(),
    journal: journal.status,
    services: measured(supervisor, meter),
    groups: groupsOf(force.spec.services),
  });
  return {
    stateDir,
    stateId,
    say,
    clock,
    nowMs,
    journal,
    pulse,
    onBeat,
    supervisor,
    meter,
    force,
    runId,
    link,
    status,
  };
}

/** Of what the time since boot counts: where the system does not tell it, of this process alone. */
function clockEpoch(runId: string): string {
  return process.platform === "linux" ? bootId() : runId;
}

function measured({ services }: Supervisor, meter: Meter): MeasuredService[] {
  return [...services.values()].map(({ snapshot, tally }) => ({
    ...snapshot,
    measures: meter.measures(snapshot.name),
    probes: tally.probes,
  }));
}
