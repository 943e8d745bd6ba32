import type { ServiceSpec } from "@afloat/shared/spec";
import { treeOf } from "../process/proc.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { logPlaceOf } from "./ledger.ts";
import { LogKeeper } from "./log-keeper.ts";
import { type LogGround, LogRoom } from "./log-room.ts";

/** Keeps the logs of these services, each written by the process tree that the supervisor knows. */
export function keepLogs(
  services: ServiceSpec[],
  stateDir: string,
  supervisor: Supervisor,
  ground: LogGround,
): LogRoom {
  const keeperOf = (service: ServiceSpec) => {
    const writers = () => {
      const pid = supervisor.services.get(service.name)?.snapshot.pid ?? null;
      return pid === null ? [] : treeOf(pid);
    };
    return new LogKeeper(service, logPlaceOf(stateDir, service.name), { ...ground, writers });
  };
  return new LogRoom(services, keeperOf, ground);
}
