import type { House } from "../../stories/house/house.ts";
import { cpuMs } from "../cost.ts";
import { against, atLeast, type Figure, median } from "../figure.ts";
import type { BareObject } from "./bare-object.ts";
import { enrol } from "./hosts.ts";
import { helloFrame, Talker } from "./messages.ts";

const bench = "link";
const HOSTS = 64;
const ROUND_MS = 1_000;

/** How many changes a second one Fleet takes, each on its disk before it is answered, and on its way to D1 meanwhile. */
export async function changesFigures(
  house: House,
  bare: BareObject,
  rounds: number,
  progress: (text: string) => void,
): Promise<Figure[]> {
  const hosts = await enrol(house, "crowd", HOSTS);
  const ours = await Promise.all(
    hosts.map(async ({ id, credential }) => {
      const talker = await Talker.connect(
        `${house.server.url}/agent/connect`,
        { authorization: `Bearer ${credential}` },
        (text, seq) => text.startsWith('{"type":"ack"') && Number(/"held":(\d+)/.exec(text)?.[1]) >= seq,
      );
      talker.say(helloFrame(id));
      return talker;
    }),
  );
  const floor = await Promise.all(
    hosts.map(({ id }) => Talker.connect(`${bare.url}/?id=${id}`, {}, (text) => text === "ok")),
  );
  const taken: { floor: Round; ours: Round }[] = [];
  for (let round = 0; round < 3 * rounds; round++) {
    progress(`changes a second, ${round + 1} of ${3 * rounds}`);
    taken.push({ floor: await takeRound(floor, bare.pid), ours: await takeRound(ours, house.server.pid()) });
  }
  for (const talker of [...ours, ...floor]) talker.close();
  const refused = ours.find((talker) => talker.refused !== null)?.refused ?? null;
  if (refused !== null) throw new Error(`the Fleet refused what was measured: ${refused}`);
  const of = (which: "floor" | "ours", what: keyof Round) => median(taken.map((each) => each[which][what]));
  const name = "bare object, one row";
  const rate = { bench, figure: "changes into one Fleet, durable", value: of("ours", "perSecond"), unit: "/s" };
  const cpu = { bench, figure: "of it, the server's processor time for one", value: of("ours", "cpuMs"), unit: "ms" };
  return [
    atLeast({ name, value: of("floor", "perSecond") }, rate, 0.5),
    // What else runs on the machine slows the rates down, one side more than the other; this it does not touch.
    against({ name, value: of("floor", "cpuMs") }, cpu, null),
  ];
}

interface Round {
  perSecond: number;
  /** Of the server, for one change, with all that follows from it. */
  cpuMs: number;
}

async function takeRound(talkers: Talker[], server: number): Promise<Round> {
  const startedMs = performance.now();
  const before = cpuMs(server);
  const counts = await Promise.all(talkers.map((talker) => talker.talk(ROUND_MS)));
  const count = counts.reduce((sum, each) => sum + each, 0);
  return { perSecond: (count * 1_000) / (performance.now() - startedMs), cpuMs: (cpuMs(server) - before) / count };
}
