import { durationWords } from "@afloat/shared/core/duration";
import type { HostSpec } from "@afloat/shared/spec";
import { serveControl } from "./control/server.ts";
import { type AgentHouse, buildHouse } from "./house.ts";
import { keepLogs } from "./logs/keep-logs.ts";
import { openMetrics } from "./measures/metrics.ts";
import { LateReloader } from "./reload/late-reloader.ts";
import { serve } from "./requests.ts";
import { type End, type Ending, listenToSignals, type OnTerm } from "./signals.ts";
import { holderOfState, takeState } from "./state/lock.ts";
import { stateIdOf } from "./state/id.ts";
import { socketPathOf } from "./state/paths.ts";
import { stopRetired } from "./supervisor/retired.ts";
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
  const { spec, configFile, stateDir } = options;
  const lock = takeState(stateDir, stateIdOf(stateDir));
  if (lock.kind === "held") return lock;
  const house = buildHouse(options);
  const { say, journal, supervisor, meter, link, status } = house;
  let end: End = () => {};
  const ended = new Promise<Ending>((resolve) => (end = resolve));
  const reloader = new LateReloader();
  const server = await serveControl(socketPathOf(stateDir), (request, answer, gone) =>
    serve(request, answer, gone, { supervisor, meter, status, link: () => link.report(), end, reloader }),
  );
  journal.append({ kind: "agent-started", runId: house.runId, version: VERSION });
  const reread = () => void import("./reload/reread.ts").then((its) => its.reread({ configFile, stateDir }, say));
  listenToSignals(options, supervisor, { say, end, reread });
  say(`afloat ${VERSION} watches ${spec.services.length} services of ${configFile}`);
  if (!lock.isOurs()) return { kind: "held", pid: holderOfState(stateDir)?.pid ?? 0 };
  const configured = spec.services.map(({ name }) => name);
  await stopRetired(configured, house);
  await supervisor.begin();
  house.pulse.onBeat(() => tellJumps(house));
  const logs = keepLogs(spec.services, stateDir, supervisor, house);
  link.open();
  const metrics = openMetrics(spec.metrics ?? null, house);
  reloader.open({ ...house, logs });
  const { code, planned, goodbye } = await ended;
  journal.append({ kind: "agent-stopped", planned });
  await link.close(planned, goodbye);
  await closeAll([server, metrics, supervisor, logs, house.pulse, journal]);
  lock.release();
  return { kind: "ended", code };
}

/** One after the other. */
async function closeAll(rooms: readonly { close: () => unknown }[]): Promise<void> {
  for (const room of rooms) await room.close();
}

function tellJumps({ clock, supervisor, say }: AgentHouse): void {
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
