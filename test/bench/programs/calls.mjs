// The floor under every prober written for Node: calls COUNT ports from FIRST on, each every INTERVAL_MS, evenly spread, and
// does nothing else. calls.mjs FIRST COUNT INTERVAL_MS
import { get } from "node:http";

const [first, count, intervalMs] = process.argv.slice(2).map(Number);
for (let i = 0; i < count; i++) {
  const call = () =>
    get({ host: "127.0.0.1", port: first + i, path: "/floor", agent: false }, (answer) => answer.resume());
  setTimeout(() => setInterval(call, intervalMs), (i * intervalMs) / count);
}
