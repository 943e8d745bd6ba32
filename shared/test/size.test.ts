import { expect, it } from "vitest";
import { parseSize, sizeWords } from "../src/core/size.ts";

it.each([
  ["500KB", 512_000],
  ["10MB", 10_485_760],
  ["1.5gb", 1_610_612_736],
  ["1b", 1],
  ["0MB", 0],
])("%s is %s bytes", (text, bytes) => expect(parseSize(text)).toBe(bytes));

it.each(["", "10", "MB", "10 mega", "-1MB", "1e3MB"])("%s is no size", (text) => expect(parseSize(text)).toBeNull());

it.each([
  [0, "0 bytes"],
  [1023, "1023 bytes"],
  [1024, "1 KB"],
  [1536, "1.5 KB"],
  [104_857_600, "100 MB"],
  [1_610_612_736, "1.5 GB"],
])("%s bytes are said as %s", (bytes, words) => expect(sizeWords(bytes)).toBe(words));
