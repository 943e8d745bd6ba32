import { writeFileSync } from "node:fs";
import { WRITTEN } from "./written.ts";

/** `pnpm messages`: writes down what alerts say, to be looked at before it is committed. */
for (const { file, text } of WRITTEN) {
  writeFileSync(file, text());
  console.log(`wrote ${file}`);
}
