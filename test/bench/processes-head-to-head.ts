import { setTimeout as wait } from "node:timers/promises";
import { processesCalled } from "../behaviours/processes.ts";
import { until } from "../stories/house/until.ts";
import type { Figure } from "./figure.ts";
import { Afloat } from "./supervisors/afloat.ts";
import { endAll } from "./supervisors/end.ts";
import { installed, lineOf, type Progress } from "./supervisors/installed.ts";
import { Pm2 } from "./supervisors/pm2.ts";
import { Runit } from "./supervisors/runit.ts";
import { Supervisord } from "./supervisors/supervisord.ts";

const bench = "processes";

/** What remains when the supervisor is killed, and how many copies there are when it was started again. */
export async function headToHead(progress: Progress): Promise<Figure[]> {
  const figures: Figure[] = [];
  const all = installed([new Afloat(), new Pm2(), new Supervisord(), new Runit()], () => {});
  for (const [i, each] of all.entries()) {
    progress(`kill -9 of ${each.title}`);
    const lines = [1, 2, 3].map((service) => lineOf(200 + 10 * i + service));
    const pids = () => lines.flatMap(processesCalled);
    try {
      each.start(lines);
      await until("its three services", () => pids().length === 3);
      await wait(1_500);
      if (each instanceof Pm2) each.save();
      const before = pids();
      process.kill(each.daemonPid(), "SIGKILL");
      await wait(2_000);
      const left = pids().length;
      each.startAgain();
      await wait(5_000);
      const same = pids().filter((pid) => before.includes(pid)).length;
      const figure = `${each.title} killed: ${left} of 3 left, ${same} still the same after it is back`;
      const value = pids().length;
      figures.push({ bench, figure, value, unit: "copies", against: null, ratio: null, aim: "3", met: value === 3 });
    } finally {
      await each.end();
      // Copies that it knows nothing of.
      await endAll(lines);
    }
  }
  return figures;
}
