import { randomInt } from "node:crypto";
import { faultWalk } from "../../faults/walk.ts";
import type { Figure } from "../figure.ts";

/** A random walk of faults: cuts, stalls, kills, a database that fails. What the hosts, the Fleets and D1 then do not tell alike. */
export async function faultFigures(seconds: number, progress: (text: string) => void): Promise<Figure[]> {
  const seed = randomInt(2 ** 31);
  progress(`faults for ${seconds} s, seed ${seed}`);
  const { steps, events, rows, lost, double, findings } = await faultWalk(seconds, seed, progress);
  const none = (what: string, value: number): Figure => ({
    ...{ bench: "link", figure: `${what}, ${events} events, ${steps.length} faults (seed ${seed})`, value, unit: "" },
    ...{ against: `${rows} rows in D1`, ratio: null, aim: "0", met: value === 0 },
  });
  return [none("lost", lost), none("double", double), none("otherwise not alike", findings.length - lost - double)];
}
