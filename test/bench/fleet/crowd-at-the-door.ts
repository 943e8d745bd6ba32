import { until } from "../../stories/house/until.ts";
import { fileLimitFault } from "../../load/file-limit.ts";
import { FleetUnderLoad } from "../../load/fleet-under-load.ts";
import { lostInDatabase, wrongOnPage } from "../../load/truth.ts";
import { WebSocket } from "ws";
import { cpuMs } from "../cost.ts";
import { against, type Figure, none } from "../figure.ts";
import { BareObject } from "../link/bare-object.ts";

const bench = "fleet";
const LIMIT_MS = 180_000;

/** All hosts of an organization connect in the same moment: never seen before, and once more after the server was replaced. */
export async function crowdFigures(hosts: number, progress: (text: string) => void): Promise<Figure[]> {
  const fault = fileLimitFault(hosts);
  if (fault !== null) throw new Error(fault);
  progress(`${hosts} bare sockets`);
  const bare = await bareCrowd(hosts);
  progress(`${hosts} agents connect at once`);
  // One service each: what an organization may have of them is not what is measured here.
  const fleet = await FleetUnderLoad.build({ hosts, services: 1 });
  try {
    const first = await connectAll(fleet, () => fleet.agents.map((agent) => agent.connect()));
    await until("all of it to be shown and recorded", () => isRight(fleet), LIMIT_MS);
    progress(`the server is replaced, and ${hosts} agents connect at once`);
    for (const agent of fleet.agents) agent.leave();
    await fleet.deploy();
    const again = await connectAll(fleet, () => fleet.agents.map((agent) => agent.connect()));
    await until("all of it to be shown and recorded", () => isRight(fleet), LIMIT_MS);
    const lost = lostInDatabase(fleet).length + wrongOnPage(fleet, 0).length;
    const name = "bare accept, one row";
    const floor = { name, value: bare.tookMs };
    const figure = (words: string, value: number) => ({ bench, figure: words, value, unit: "ms" });
    return [
      against(floor, figure(`${hosts} agents connect at once, until the last is welcome`, again.tookMs), 2),
      against({ name, value: bare.cpuMs }, figure("of it, the server's processor time", again.cpuMs), null),
      against(floor, figure(`the same for hosts that the Fleet never saw, with what they tell`, first.tookMs), null),
      against({ name, value: bare.cpuMs }, figure("of it, the server's processor time", first.cpuMs), null),
      none(bench, `of ${hosts} hosts: called offline, though they are there`, fleet.page.everOffline.size),
      none(bench, "of all they told: lost, or shown wrong", lost),
    ];
  } finally {
    await fleet.end();
  }
}

async function connectAll(fleet: FleetUnderLoad, begin: () => Promise<void>[]): Promise<Took> {
  return measured(fleet.house.server.pid(), async () => {
    await Promise.all(begin());
    await until("all to be welcome", () => fleet.agents.every(({ isWelcome }) => isWelcome), LIMIT_MS);
  });
}

function isRight(fleet: FleetUnderLoad): boolean {
  return wrongOnPage(fleet, 0).length === 0 && lostInDatabase(fleet).length === 0;
}

interface Took {
  tookMs: number;
  cpuMs: number;
}

async function bareCrowd(count: number): Promise<Took> {
  const bare = await BareObject.start();
  const sockets: WebSocket[] = [];
  try {
    return await measured(bare.pid, async () => {
      await Promise.all(
        Array.from({ length: count }, (_, i) => {
          const url = `${bare.url.replace("http", "ws")}/?row&id=${i}`;
          const socket = new WebSocket(url, { perMessageDeflate: false });
          sockets.push(socket);
          return new Promise((resolve, reject) => {
            socket.once("open", resolve);
            socket.once("error", reject);
          });
        }),
      );
    });
  } finally {
    for (const socket of sockets) socket.terminate();
    await bare.end();
  }
}

async function measured(pid: number, work: () => Promise<void>): Promise<Took> {
  const [startedMs, before] = [performance.now(), cpuMs(pid)];
  await work();
  return { tookMs: performance.now() - startedMs, cpuMs: cpuMs(pid) - before };
}
