// Writes numbered lines as fast as it can, and stays: how many.
import { writeSync } from "node:fs";
const count = Number(process.argv[2]);
for (let first = 0; first < count; first += 1000) {
  writeSync(1, Array.from({ length: Math.min(1000, count - first) }, (_, i) => `line ${first + i}\n`).join(""));
}
setInterval(() => {}, 1e6);
