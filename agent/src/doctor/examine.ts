import { dirname } from "node:path";
import { judgeAgent } from "./core/agent.ts";
import { judgeClock } from "./core/clock.ts";
import { judgeDisk, judgeLogs } from "./core/disk.ts";
import { judgeFiles } from "./core/files.ts";
import { type Finding, finding } from "./core/finding.ts";
import { judgeHost } from "./core/host.ts";
import { judgeLimits } from "./core/limits.ts";
import { gatherAgent, gatherFiles, gatherSpec, type Place } from "./gather-agent.ts";
import { gatherDisk, gatherLogs } from "./gather-disk.ts";
import { gatherClock, gatherHost, gatherLimits } from "./gather-host.ts";

/** No family of checks is waited for longer, milliseconds. */
const FAMILY_MS = 8_000;

/** Looks at everything, with or without a running agent. A disk that does not answer is told, and nothing on it is touched. */
export async function examine(place: Place): Promise<Finding[]> {
  const [disk, other] = await Promise.all([gatherDisk(place.stateDir), gatherDisk(dirname(place.configFile))]);
  const found = judgeDisk(disk);
  if (disk.space === null) return found;
  if (other.space === null) return judgeDisk(other);
  const { spec, mistakes } = gatherSpec(place.configFile);
  const agent = await gatherAgent(place, mistakes);
  const pid = agent.agent?.pid ?? agent.holderPid;
  const families = await Promise.all([
    family("files", () => judgeFiles(gatherFiles(place, spec))),
    family("logs", () => judgeLogs(gatherLogs(place.stateDir, spec?.services ?? []), disk.space)),
    family("limits", () => judgeLimits(gatherLimits(spec, pid))),
    family("host", async () => judgeHost(await gatherHost(place, spec, pid))),
    family("clock", async () => judgeClock(await gatherClock(place, spec, Date.now()))),
  ]);
  return [...judgeAgent(agent), ...found, ...families.flat()];
}

/** What takes too long, or fails, is a finding, and does not keep the others. */
async function family(name: string, look: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => resolve([unknown(name, `took longer than ${FAMILY_MS / 1000} s`)]), FAMILY_MS);
  });
  try {
    return await Promise.race([Promise.resolve().then(look), late]);
  } catch (error) {
    return [unknown(name, String(error))];
  } finally {
    clearTimeout(timer);
  }
}

const unknown = (name: string, why: string) => finding(name, "warning", `${name} could not be looked at`, why, null);
