import fc from "fast-check";
import { anyText, forgetFiles, misplacedText, mutatedText, survives } from "../../../agent/test/config-fuzz.ts";
import type { Figure } from "../figure.ts";

/** Read between two lines of progress. */
const BATCH = 1_000;

/** Random, mutated and misplaced configurations, so many of them: each is understood or refused with its place. Throws on the first that is not. */
export async function configFuzz(inputs: number, progress: (text: string) => void): Promise<Figure[]> {
  const seed = Date.now() % 2 ** 31;
  try {
    for (let read = 0; read < inputs; read += BATCH) {
      progress(`afloat.yaml, seed ${seed + read}: ${read} of ${inputs} inputs`);
      const texts = fc.oneof(anyText, mutatedText, misplacedText);
      fc.assert(fc.property(texts, survives), { numRuns: Math.min(BATCH, inputs - read), seed: seed + read });
      // So that the line is drawn, and Ctrl-C works.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    forgetFiles();
  }
  const figure = `inputs as afloat.yaml, ${inputs} of them: crashed or hung`;
  return [{ bench: "daily", figure, value: 0, unit: "", against: null, ratio: null, aim: "0", met: true }];
}
