import { setTimeout as wait } from "node:timers/promises";
import { House } from "../stories/house/house.ts";
import type { StoryHost } from "../stories/house/host.ts";
import { until } from "../stories/house/until.ts";
import { residentMegabytes } from "./cost.ts";
import { against, type Figure, median } from "./figure.ts";
import { BareNode } from "./supervisors/bare-node.ts";
import { Pm2 } from "./supervisors/pm2.ts";

const bench = "processes";
const FLOOD_BYTES = 1_000_000_000;
/** Ten services that do nothing; each supervisor has a line of its own. */
const idle = (line: string) => Array.from({ length: 10 }, () => line);
const [OURS, BARE, PM2] = [idle("sleep 7700300"), idle("sleep 7700310"), idle("sleep 7700320")];

/** Resident memory with the link to the cloud up: at rest, after a flood of output, after thousands of restarts. */
export async function memoryFigures(long: boolean, progress: (text: string) => void): Promise<Figure[]> {
  const restarts = long ? 10_000 : 1_000;
  const house = await House.build();
  const bare = new BareNode();
  const pm2 = new Pm2();
  try {
    progress("memory: at rest");
    await house.found("bench");
    const host = await house.addHost("bench", "bench-host", configOf(restarts));
    bare.start(BARE);
    pm2.install();
    pm2.start(PM2);
    for (const i of OURS.keys()) await host.see(`s${i}`, ({ verdict }) => verdict === "healthy", "is up");
    const rest = await residentAt(host);
    const floor = { name: "bare Node that respawns", value: residentMegabytes(bare.daemonPid()) };
    const peer = { name: pm2.title, value: residentMegabytes(pm2.daemonPid()) };
    progress(`memory: a flood of ${FLOOD_BYTES / 1e9} GB`);
    host.run(["restart", "flood"]);
    await until("the flood to be over", () => host.run(["logs", "flood", "-n", "1"]).includes("the end"), 240_000);
    const flooded = await residentAt(host);
    progress(`memory: ${restarts} restarts`);
    host.run(["restart", "crashes"], {}, "may fail");
    await host.see("crashes", (crashes) => crashes.restarts >= restarts, `restarted ${restarts} times`);
    host.run(["stop", "crashes"]);
    const restarted = await residentAt(host);
    const before = { name: "itself at rest", value: rest };
    return [
      against(floor, { bench, figure: "resident, linked, 10 services", value: rest, unit: "MB" }, 1.3),
      against(peer, { bench, figure: "resident, linked, 10 services", value: rest, unit: "MB" }, 1),
      against(before, { bench, figure: "resident after 1 GB of output", value: flooded, unit: "MB" }, 1.1),
      against(before, { bench, figure: `resident after ${restarts} restarts`, value: restarted, unit: "MB" }, 1.1),
    ];
  } finally {
    await bare.end();
    await pm2.end();
    await house.end();
  }
}

/** The middle of a few looks, once the garbage of what was before is collected. */
async function residentAt(host: StoryHost): Promise<number> {
  const seen: number[] = [];
  await wait(8_000);
  for (let look = 0; look < 5; look++) {
    await wait(500);
    seen.push(residentMegabytes(host.pid));
  }
  return median(seen);
}

function configOf(restarts: number): string {
  const services = OURS.map((line, i) => `  s${i}: ${line}\n`).join("");
  const line = "a line of an ordinary length, about as long as what programs write all day long";
  return `services:
${services}  flood: { command: [sh, -c, "[ -e again ] && { yes '${line}' | head -c ${FLOOD_BYTES}; echo; echo the end; }; touch again; exec sleep 7700301"], log: { max_size: 10MB, keep: 5 } }
  crashes:
    command: [sh, -c, "[ -e go ] && exit 1; touch go; exec sleep 7700302"]
    backoff: { min: 1ms, max: 1ms }
    loop: [{ restarts: ${restarts * 2}, within: 24h }]
`;
}
