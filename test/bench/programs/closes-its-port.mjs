// Answers 200 until it was called so often, then closes its port and lives on. Says in files when it closed and when it began,
// milliseconds since 1970; a later start of it stays open. closes-its-port.mjs PORT CALLS
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const [port, calls] = process.argv.slice(2).map(Number);
// A probe looks at the port after it has called the endpoint; that look must still find it.
const AFTER_MS = 10;
const closed = `closed-${port}`;
const isFirst = !existsSync(closed);
if (!isFirst) writeFileSync(`began-${port}`, String(performance.timeOrigin));

function close() {
  server.close();
  server.closeAllConnections();
  writeFileSync(closed, String(performance.timeOrigin + performance.now()));
}

let seen = 0;
const server = createServer({ keepAlive: false }, (_, response) => {
  response.end("ok", () => {
    if (!isFirst || ++seen < calls) return;
    setTimeout(close, AFTER_MS);
  });
}).listen(port, "127.0.0.1");
setInterval(() => {}, 1e6);
