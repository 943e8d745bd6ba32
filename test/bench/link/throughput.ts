import type { House } from "../../stories/house/house.ts";
import { atLeast, type Figure, median } from "../figure.ts";
import type { BareObject } from "./bare-object.ts";
import { enrol } from "./hosts.ts";
import { helloFrame, Talker } from "./messages.ts";

const bench = "link";
const HOSTS = 64;
const ROUND_MS = 2_500;

/** How many changes a second one Fleet takes, each on its disk before it is answered, and on its way to D1 meanwhile. */
export async function changesFigure(
  house: House,
  bare: BareObject,
  rounds: number,
  progress: (text: string) => void,
): Promise<Figure> {
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
  const [measured, floors]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    progress(`changes a second, ${round + 1} of ${rounds}`);
    floors.push(await changesPerSecond(floor));
    measured.push(await changesPerSecond(ours));
  }
  for (const talker of [...ours, ...floor]) talker.close();
  const refused = ours.find((talker) => talker.refused !== null)?.refused ?? null;
  if (refused !== null) throw new Error(`the Fleet refused what was measured: ${refused}`);
  const figure = "changes into one Fleet, durable";
  return atLeast(
    { name: "bare object, one row", value: median(floors) },
    { bench, figure, value: median(measured), unit: "/s" },
    0.5,
  );
}

async function changesPerSecond(talkers: Talker[]): Promise<number> {
  const startedMs = performance.now();
  const counts = await Promise.all(talkers.map((talker) => talker.talk(ROUND_MS)));
  return (counts.reduce((sum, each) => sum + each, 0) * 1_000) / (performance.now() - startedMs);
}
