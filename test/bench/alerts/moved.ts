import { counted } from "../counted.ts";
import { against, type Figure, none } from "../figure.ts";

const bench = "alerts";

/** What worker/figures/alerts.figures.ts counts. */
interface Counted {
  many: Wrong & { incidents: number; messages: number; overBefore: number; newsMs: number; quietMs: number };
  away: Wrong & { messages: number; lastMs: number };
}

interface Wrong {
  lost: number;
  doubled: number;
  disordered: number;
}

/** A bad hour, in moved time: very many incidents; receivers that are away. */
export async function movedFigures(progress: (text: string) => void): Promise<Figure[]> {
  progress("10,000 incidents in an hour, and receivers that are away for one, in moved time: some minutes");
  const { many, away } = await counted<Counted>(["alerts"], ["many", "away"]);
  const { incidents, messages, overBefore, newsMs, quietMs } = many;
  const hour = `${incidents} incidents in an hour`;
  const stated = { bench, unit: "", against: null, ratio: null, aim: null, met: null };
  const seconds = away.lastMs / 1_000;
  return [
    against(
      { name: "a quiet hour", value: quietMs },
      { bench, figure: `${hour}: news taken, p95`, value: newsMs, unit: "ms" },
      1.5,
    ),
    none(bench, `${hour}: lost, doubled, out of order`, wrongOf(many)),
    { ...stated, figure: `${hour}: messages that tell of them, and of their end`, value: messages },
    { ...stated, figure: `${hour}: over before the next of them was due; counted in it`, value: overBefore },
    none(
      bench,
      `three receivers away for an hour, ${away.messages} messages: lost, doubled, out of order`,
      wrongOf(away),
    ),
    {
      ...{ ...stated, figure: "they are back: all is told after", value: seconds, unit: "s" },
      ...{ aim: "<= 120 s", met: seconds <= 120 },
    },
  ];
}

function wrongOf({ lost, doubled, disordered }: Wrong): number {
  return lost + doubled + disordered;
}
