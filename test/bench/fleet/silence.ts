import { until } from "../../stories/house/until.ts";
import { FleetUnderLoad } from "../../load/fleet-under-load.ts";
import type { Figure } from "../figure.ts";

const HOSTS = 40;
const FROZEN = 4;
/** A shorter deadline than a host's own of 90 s, so that the bench need not wait for it. */
const DEADLINE_MS = 9_000;

/** How long after its deadline a host that froze is called silent on an open dashboard. The deadline counts from its last heartbeat. */
export async function silenceFigures(progress: (text: string) => void): Promise<Figure[]> {
  progress(`${FROZEN} of ${HOSTS} hosts freeze`);
  const fleet = await FleetUnderLoad.build({ hosts: HOSTS, services: 1, offlineAfterMs: () => DEADLINE_MS });
  try {
    await Promise.all(fleet.agents.map((agent) => agent.connect()));
    await until("all to have been heard", () => fleet.agents.every(({ heardMs }) => heardMs > 0));
    const frozen = fleet.agents.slice(0, FROZEN);
    for (const agent of frozen) agent.freeze();
    const late: number[] = [];
    const waiting = new Set(frozen);
    await until("the frozen hosts to be shown as silent", () => {
      for (const agent of waiting) {
        if (fleet.page.hosts.get(agent.host.id)?.link !== "silent") continue;
        waiting.delete(agent);
        late.push(performance.now() - agent.heardMs - DEADLINE_MS);
      }
      return waiting.size === 0;
    });
    const value = Math.max(...late);
    const against = `its deadline: ${DEADLINE_MS} ms`;
    const plain = { bench: "fleet", against, ratio: null, aim: "<= 1000 ms" };
    const figure = "after its deadline, a silent host is called so; the latest of 4";
    return [{ ...plain, figure, value, unit: "ms", met: value <= 1_000 }];
  } finally {
    await fleet.end();
  }
}
