import { setup } from "../stories/house/build.ts";
import type { Bench } from "./figure.ts";
import { billFigures } from "./fleet/bill.ts";
import { bundleFigures } from "./fleet/bundle.ts";
import { crowdFigures } from "./fleet/crowd-at-the-door.ts";
import { failingFigures } from "./fleet/failing.ts";
import { silenceFigures } from "./fleet/silence.ts";

/** Thousands of hosts: the rush to the door, what is shown while some fail, silence, and what all of it costs. */
export const fleet: Bench = {
  name: "fleet",
  title: "8,000 agents at once, 2,000 hosts of which some fail, a silent host, what a month costs",
  async run({ long, progress }) {
    progress("building");
    setup();
    return [
      ...(await crowdFigures(8_000, progress)),
      ...(await failingFigures(2_000, long ? 120 : 30, progress)),
      ...(await silenceFigures(progress)),
      ...billFigures(progress),
      ...bundleFigures(progress),
    ];
  },
};
