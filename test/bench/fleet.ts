import { setup } from "../stories/house/build.ts";
import type { Bench, Figure } from "./figure.ts";
import { billFigures } from "./fleet/bill.ts";
import { bundleFigures } from "./fleet/bundle.ts";
import { crowdFigures } from "./fleet/crowd-at-the-door.ts";
import { failingFigures } from "./fleet/failing.ts";
import { silenceFigures } from "./fleet/silence.ts";

interface Opts {
  long: boolean;
  progress: (text: string) => void;
}

const PARTS: Record<string, (opts: Opts) => Figure[] | Promise<Figure[]>> = {
  crowd: ({ progress }) => crowdFigures(8_000, progress),
  failing: ({ long, progress }) => failingFigures(2_000, long ? 120 : 30, progress),
  silence: ({ progress }) => silenceFigures(progress),
  bill: ({ progress }) => billFigures(progress),
  bundle: ({ progress }) => bundleFigures(progress),
};

/** Thousands of hosts: the rush to the door, what is shown while some fail, silence, and what all of it costs. */
export const fleet: Bench = {
  name: "fleet",
  title: "8,000 agents at once, 2,000 hosts of which some fail, a silent host, what a month costs, the Worker's weight",
  parts: Object.keys(PARTS),
  async run({ only, ...opts }) {
    opts.progress("building");
    setup();
    const figures: Figure[] = [];
    for (const [name, part] of Object.entries(PARTS)) {
      if (only.length === 0 || only.includes(name)) figures.push(...(await part(opts)));
    }
    return figures;
  },
};
