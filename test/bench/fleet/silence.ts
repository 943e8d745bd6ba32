import { OFFLINE_AFTER_MS } from "@afloat/shared/core/offline-after";
import { FleetUnderLoad } from "../../load/fleet-under-load.ts";
import { until } from "../../stories/house/until.ts";
import type { Figure } from "../figure.ts";

const HOSTS = 40;
const FROZEN = 4;
/** The shortest that a host may say. */
const DEADLINE_MS = OFFLINE_AFTER_MS.least;
const LIMIT_MS = 2 * DEADLINE_MS;

/** How long after its deadline the alert of a host that froze is on an open dashboard. The deadline counts from its last sign of life. */
export async function silenceFigures(progress: (text: string) => void): Promise<Figure[]> {
  progress(`${FROZEN} of ${HOSTS} hosts freeze, for ${DEADLINE_MS / 1000} s`);
  const fleet = await FleetUnderLoad.build({ hosts: HOSTS, services: 1, offlineAfterMs: DEADLINE_MS });
  const { agents, page } = fleet;
  try {
    await Promise.all(agents.map((agent) => agent.connect()));
    await until("all to be welcome", () => agents.every(({ isWelcome }) => isWelcome));
    const frozen = agents.slice(0, FROZEN);
    for (const agent of frozen) agent.freeze();
    const isTold = () => frozen.every(({ host }) => page.offline.has(host.id));
    await until("the frozen hosts to be called silent", isTold, LIMIT_MS);
    const lateMs = frozen.map(({ host, heardMs }) => (page.offline.get(host.id) ?? 0) - heardMs - DEADLINE_MS);
    const others = agents.filter(({ host }) => page.everOffline.has(host.id)).length - FROZEN;
    const value = Math.max(...lateMs);
    const plain = { bench: "fleet", against: null, ratio: null };
    return [
      {
        ...{ ...plain, figure: `a host that froze is called silent; the latest of ${FROZEN}`, value, unit: "ms" },
        ...{ against: `after its deadline of ${DEADLINE_MS / 1000} s`, aim: "<= 1000 ms", met: value <= 1_000 },
      },
      {
        ...{ ...plain, figure: "called silent with them, though they are there", value: others },
        ...{ unit: `of ${HOSTS - FROZEN}`, aim: "0", met: others === 0 },
      },
    ];
  } finally {
    await fleet.end();
  }
}
