import { setup } from "../stories/house/build.ts";
import { heardFigures } from "./alerts/heard.ts";
import { movedFigures } from "./alerts/moved.ts";
import { togetherFigures } from "./alerts/together.ts";
import type { Bench, Figure } from "./figure.ts";

interface Opts {
  long: boolean;
  progress: (text: string) => void;
}

const PARTS: Record<string, (opts: Opts) => Promise<Figure[]>> = {
  heard: ({ long, progress }) => heardFigures(long ? 50 : 15, progress),
  moved: ({ progress }) => movedFigures(progress),
  together: ({ progress }) => togetherFigures(progress),
};

/** From the restart that decides to whoever is told: how soon, how often, and that nothing is lost in a bad hour. */
export const alerts: Bench = {
  name: "alerts",
  title: "a restart loop told, messages of many failures at once, 10,000 incidents in an hour, receivers away",
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
