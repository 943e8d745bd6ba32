import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { WRITTEN } from "./written.ts";

test.each(WRITTEN)("$name: as it was written down and looked at (`pnpm messages` writes it anew)", ({ file, text }) => {
  expect(text()).toBe(readFileSync(file, "utf8"));
});
