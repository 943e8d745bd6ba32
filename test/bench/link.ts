import { setup } from "../stories/house/build.ts";
import { House } from "../stories/house/house.ts";
import type { Bench, Figure } from "./figure.ts";
import { BareObject } from "./link/bare-object.ts";
import { CountedHost, dayFigures } from "./link/day.ts";
import { faultFigures } from "./link/faults.ts";
import { heartbeatFigures } from "./link/heartbeats.ts";
import { quickServices, restartedFigures, shownFigures } from "./link/latency.ts";
import { changesFigures } from "./link/throughput.ts";

/** The link between hosts and the cloud: how much it carries, how soon what happens is seen, what it costs when nothing does. */
export const link: Bench = {
  name: "link",
  title: "changes and heartbeats a second, a change to the page, Restart to the new pid, bytes a day, a walk of faults",
  async run({ long, progress }) {
    progress("building");
    setup();
    const figures = await linkFigures(long ? 9 : 3, progress);
    return [...figures, ...(await faultFigures(long ? 600 : 60, progress))];
  },
};

async function linkFigures(rounds: number, progress: (text: string) => void): Promise<Figure[]> {
  const [house, bare] = [await House.build(), await BareObject.start()];
  let counted: CountedHost | null = null;
  try {
    const owner = await house.found("bench");
    await house.found("crowd");
    const host = await house.addHost("bench", "bench-host", quickServices());
    const shown = await shownFigures(house, owner, host, progress);
    const restarted = await restartedFigures(house, owner, host, "bench-host", progress);
    counted = await CountedHost.add(house, "bench");
    const day = await dayFigures(counted, progress);
    const changes = await changesFigures(house, bare, rounds, progress);
    const heartbeats = await heartbeatFigures(house, bare, rounds, progress);
    return [...changes, ...heartbeats, ...shown, ...restarted, ...day];
  } finally {
    await house.end();
    counted?.end();
    await bare.end();
  }
}
