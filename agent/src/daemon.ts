import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { groupsOf } from "@afloat/shared/config/groups";
import { durationWords } from "@afloat/shared/core/duration";
import type { HostSpec, ServiceSpec } from "@afloat/shared/spec";
import { openAgentLog } from "./agent-log.ts";
import { type End, listenToSignals, type OnTerm } from "./signals.ts";
import { serveControl } from "./control/server.ts";
import type { ControlRequest, Status } from "./control/protocol.ts";
import { openJournal } from "./journal/journal.ts";
import { Link } from "./link/link.ts";
import { logPlaceOf } from "./logs/ledger.ts";
import { LogKeeper } from "./logs/log-keeper.ts";
import { type LogGround, LogRoom } from "./logs/log-room.ts";
import { treeOf } from "./process/proc.ts";
import { stateIdOf } from "./state/id.ts";
import { socketPathOf } from "./state/paths.ts";
import { holderOfState, takeState } from "./state/lock.ts";
import { Clock } from "./supervisor/clock.ts";
import { Pulse } from "./supervisor/pulse.ts";
import { stopRetired } from "./supervisor/retired.ts";
import { Standstill } from "./supervisor/standstill.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { VERSION } from "./version.ts";

export interface DaemonOptions {
  spec: HostSpec;
  configFile: string;
  stateDir: string;
  /** Shows the log on stderr, and stops the services on Ctrl-C. */
  foreground: boolean;
  /** What SIGTERM does to the services. */
  onTerm: OnTerm;
}

/** Runs the agent until it is told to end. Answers the exit code; another agent on the state folder is refused with its pid. */
export async function runDaemon(
  options: DaemonOptions,
): Promise<{ kind: "ended"; code: number } | { kind: "held"; pid: number }> {
  const { spec, configFile, stateDir, foreground } = options;
  const startedMs = Date.now();
  const stateId = stateIdOf(stateDir);
  const lock = takeState(stateDir, stateId);
  if (lock.kind === "held") return lock;
  const say = openAgentLog(join(stateDir, "agent.log"), foreground);
  const clock = new Clock();
  const nowMs = () => clock.nowMs();
  const journal = openJournal(join(stateDir, "journal"), nowMs, say);
  const pulse = new Pulse();
  const standstill = new Standstill(() => clock.suspendedMs());
  const ground = { stateDir, stateId, journal, nowMs, earliestMs: () => pulse.earliestMs(), standstill, say };
  const supervisor = new Supervisor(spec.services, ground);
  const runId = randomBytes(8).toString("hex");
  const link = new Link({ spec, stateDir, runId, journal, supervisor, nowMs: () => clock.steadyMs(), say });
  const status = (): Status => ({
    agent: { pid: process.pid, version: VERSION, startedMs, configFile, stateDir },
    link: link.status(),
    services: supervisor.snapshots(),
    groups: groupsOf([...supervisor.services.values()].map(({ spec: its }) => its)),
  });
  let end: End = () => {};
  const ended = new Promise<{ code: number; planned: boolean }>((resolve) => (end = resolve));
  const server = await serveControl(socketPathOf(stateDir), (request, answer, gone) =>
    serve(request, answer, gone, { supervisor, status, end }),
  );
  journal.append({ kind: "agent-started", runId, version: VERSION });
  listenToSignals(options, supervisor, say, end);
  say(`afloat ${VERSION} watches ${spec.services.length} services of ${configFile}`);
  if (!lock.isOurs()) return { kind: "held", pid: holderOfState(stateDir)?.pid ?? 0 };
  const configured = spec.services.map(({ name }) => name);
  await stopRetired(configured, { stateDir, stateId, journal, say });
  await supervisor.begin();
  pulse.onBeat(() => tellJumps(clock, supervisor, say));
  const logs = keepLogs(spec.services, stateDir, supervisor, {
    nowMs,
    say,
    onBeat: (listener) => pulse.onBeat(listener),
  });
  link.open();
  const { code, planned } = await ended;
  journal.append({ kind: "agent-stopped", planned });
  await link.close(planned);
  server.close();
  supervisor.close();
  await logs.close();
  pulse.close();
  journal.close();
  lock.release();
  return { kind: "ended", code };
}

function tellJumps(clock: Clock, supervisor: Supervisor, say: (text: string) => void): void {
  for (const shift of clock.catchUp()) {
    const by = durationWords(Math.abs(shift.byMs));
    say(
      shift.why === "suspended"
        ? `this machine was suspended for ${by}; that is no failure of anybody`
        : `the clock of this machine was set ${shift.byMs > 0 ? "forward" : "back"} by ${by}; uptimes and waits stay as they are`,
    );
    supervisor.moveClock(shift);
  }
}

function keepLogs(services: ServiceSpec[], stateDir: string, supervisor: Supervisor, ground: LogGround): LogRoom {
  const keepers = services.map((service) => {
    const writers = () => {
      const pid = supervisor.services.get(service.name)?.snapshot.pid ?? null;
      return pid === null ? [] : treeOf(pid);
    };
    return new LogKeeper(service, logPlaceOf(stateDir, service.name), { ...ground, writers });
  });
  return new LogRoom(keepers, ground);
}

interface Rooms {
  supervisor: Supervisor;
  status: () => Status;
  end: End;
}

type Answer = Parameters<Parameters<typeof serveControl>[1]>[1];

async function serve(request: ControlRequest, answer: Answer, gone: Promise<void>, rooms: Rooms): Promise<void> {
  const { supervisor, status, end } = rooms;
  switch (request.call) {
    case "status":
      return answer({ kind: "status", status: status() });
    case "ask": {
      const by = { name: request.by, via: "host" } as const;
      const outcomes = await Promise.all(request.services.map((name) => supervisor.ask(request.verb, name, by)));
      return answer({ kind: "asked", outcomes });
    }
    case "explain":
      return answer({ kind: "explained", services: await supervisor.explain(request.services) });
    case "recheck":
    case "reset":
      for (const name of request.services) supervisor.note(request.call, name, { name: request.by, via: "host" });
      return answer({ kind: "done" });
    case "down":
      await supervisor.shutDown((text) => answer({ kind: "line", text }));
      answer({ kind: "done" });
      return end({ code: 0, planned: true });
    case "watch": {
      answer({ kind: "changed", status: status() });
      const stop = supervisor.onChange(() => answer({ kind: "changed", status: status() }));
      await gone;
      return stop();
    }
  }
}
