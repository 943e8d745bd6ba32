import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { claimPorts } from "../../claim-ports.ts";
import { until } from "../../stories/house/until.ts";
import type { Figure } from "../figure.ts";
import { AfloatWeb } from "../supervisors/afloat-web.ts";
import { God } from "../supervisors/god.ts";
import { installed, type Progress } from "../supervisors/installed.ts";
import { Monit } from "../supervisors/monit.ts";
import type { WebKeeper } from "../supervisors/web-keeper.ts";

const LOOK_MS = 100;

/** A healthy service whose endpoint is wrong, under the agent and under peers that probe, side by side at one pace. */
export async function wrongEndpoint(seconds: number, progress: Progress): Promise<Figure[]> {
  const first = await claimPorts();
  const all: WebKeeper[] = [
    new AfloatWeb(first),
    new Monit(first + 2, "default"),
    new Monit(first + 4, "patient"),
    new God(first + 6),
  ];
  const keepers = installed(all, progress);
  try {
    for (const each of keepers) each.start();
    for (const each of keepers) await until(`the service of ${each.title}`, () => answers(each.port));
    const before = keepers.map((each) => each.starts());
    const silent = await silences(keepers, seconds, progress);
    return keepers.map((each, i) => figureOf(each, each.starts() - (before[i] ?? 0), silent[i] ?? 0, seconds));
  } finally {
    for (const each of all) await each.end();
  }
}

function figureOf(each: WebKeeper, restarts: number, silentMs: number, seconds: number): Figure {
  const isOurs = each instanceof AfloatWeb;
  const away = (silentMs / 1_000).toFixed(1);
  return {
    bench: "health",
    figure: `${each.title}, wrong endpoint for ${seconds} s, away ${away} s`,
    value: restarts,
    unit: "restarts",
    against: null,
    ratio: null,
    aim: isOurs ? "0" : null,
    met: isOurs ? restarts === 0 && silentMs === 0 : null,
  };
}

/** For how long each service answered nobody, to within a look, milliseconds. */
async function silences(keepers: readonly WebKeeper[], seconds: number, progress: Progress): Promise<number[]> {
  progress(`a wrong endpoint for ${seconds} s`);
  const silent = keepers.map(() => 0);
  const endMs = performance.now() + seconds * 1_000;
  for (let lastMs = performance.now(); lastMs < endMs;) {
    await wait(LOOK_MS);
    const up = await Promise.all(keepers.map((each) => answers(each.port)));
    const nowMs = performance.now();
    for (const [i, isUp] of up.entries()) if (!isUp) silent[i] = (silent[i] ?? 0) + nowMs - lastMs;
    lastMs = nowMs;
  }
  return silent;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (isUp: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isUp);
    };
    const timer = setTimeout(() => end(false), 2_000);
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
