import { setup } from "../stories/house/build.ts";
import type { Bench } from "./figure.ts";
import { crashLoops } from "./health/crash-loops.ts";
import { hostile } from "./health/hostile.ts";
import { load } from "./health/load.ts";
import { outage } from "./health/outage.ts";
import { wrongEndpointRules } from "./health/wrong-endpoint-rules.ts";
import { wrongEndpoint } from "./health/wrong-endpoint.ts";

/** How health is judged, beside peers that judge it: by moved time where real time would be hours. */
export const health: Bench = {
  name: "health",
  title: "needless restarts, loops noticed, outages mended, 200 services probed, memory after hostile endpoints",
  async run({ long, progress }) {
    progress("building");
    setup();
    progress("an hour of wrong endpoints, and days of crash loops");
    const rules = [...wrongEndpointRules(), ...crashLoops()];
    const needless = await wrongEndpoint(long ? 300 : 60, progress);
    const mended = await outage(long ? 50 : 10, progress);
    const probed = await load(long ? 300 : 60, progress);
    const harmed = await hostile(long ? 1_000 : 50, progress);
    return [...rules, ...needless, ...mended, ...probed, ...harmed];
  },
};
