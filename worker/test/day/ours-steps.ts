import type { Step } from "./agent-steps.ts";
import { isWithin } from "./away.ts";
import type { Fleets } from "./fleets.ts";
import { HOUR_MS, type Ours, type Script } from "./script.ts";

/** All that happens to ourselves in the day. `setD1Away`: nobody reaches D1 from now on, or everybody does again. */
export function oursStepsOf({ ours, lengthMs }: Script, fleets: Fleets, setD1Away: (isAway: boolean) => void): Step[] {
  // Once an hour the cron asks each Fleet whether its alarm is set.
  const hours = Array.from({ length: Math.floor(lengthMs / HOUR_MS) }, (_, index) => (index + 1) * HOUR_MS);
  const isAway = (atMs: number) => ours.some((each) => each.kind === "cloud-away" && isWithin(each, atMs));
  const cron = hours
    .filter((atMs) => !isAway(atMs))
    .flatMap((atMs) => fleets.all().map((fleet): Step => ({ atMs, rank: 6, fleet, run: () => fleets.wake(fleet) })));
  return [...ours.flatMap((each) => stepsOf(each, fleets, setD1Away)), ...cron];
}

function stepsOf(ours: Ours, fleets: Fleets, setD1Away: (isAway: boolean) => void): Step[] {
  const dropped = (fleet: number, atMs: number): Step => {
    return { atMs, rank: 0, fleet: null, run: () => fleets.evict(fleet, "close") };
  };
  switch (ours.kind) {
    case "d1-away":
      return [
        { atMs: ours.fromMs, rank: 6, fleet: null, run: async () => setD1Away(true) },
        { atMs: ours.toMs, rank: 0, fleet: null, run: async () => setD1Away(false) },
      ];
    case "cloud-away":
      return fleets.all().map((fleet) => dropped(fleet, ours.fromMs));
    case "deploy":
      return [dropped(ours.fleet, ours.atMs)];
    case "move":
      return [{ atMs: ours.atMs, rank: 0, fleet: ours.fleet, run: () => fleets.move(ours.fleet) }];
    case "eviction":
      return [{ atMs: ours.atMs, rank: 6, fleet: ours.fleet, run: () => fleets.evict(ours.fleet, "hibernate") }];
    case "doubled-alarm":
      return [{ atMs: ours.atMs, rank: 6, fleet: ours.fleet, run: () => fleets.ringTwice(ours.fleet) }];
    case "lost-alarm":
      return [{ atMs: ours.fromMs, rank: 6, fleet: ours.fleet, run: () => fleets.loseAlarm(ours.fleet) }];
    case "late-alarm":
      return [];
  }
}
