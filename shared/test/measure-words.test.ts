import { expect, it } from "vitest";
import { cpuWords, memoryWords } from "../src/core/measure-words.ts";

it.each([
  [null, "–"],
  [0, "0 %"],
  [0.0012, "0.1 %"],
  [0.0994, "9.9 %"],
  [0.0996, "10 %"],
  [1, "100 %"],
  [3.214, "321 %"],
])("a share of %s of a core is %s", (cpu, words) => {
  expect(cpuWords(cpu)).toBe(words);
});

const KB = 1024;
it.each([
  [null, "–"],
  [0, "0 KB"],
  [4 * KB, "4.0 KB"],
  [999 * KB, "999 KB"],
  [1000 * KB, "1.0 MB"],
  [45.2 * KB ** 2, "45 MB"],
  [1.25 * KB ** 3, "1.3 GB"],
  [2000 * KB ** 4, "2000 TB"],
])("%s bytes are %s", (bytes, words) => {
  expect(memoryWords(bytes)).toBe(words);
});
