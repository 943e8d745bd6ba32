// Endpoints that do what endpoints do to those who call them: one port for each, from the first one on, in the order given.
// Writes what it saw to `seen.json`: for each kind how often it was called, and how many connections are open now.
import { createServer } from "node:net";
import { renameSync, writeFileSync } from "node:fs";

const [first, ...kinds] = process.argv.slice(2);
const seen = Object.fromEntries(kinds.map((kind) => [kind, { calls: 0, open: 0 }]));
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const big = Buffer.alloc(1024 * 1024, "x");

const every = (ms, socket, act) => {
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : act()), ms);
};
const pour = (socket, chunk) => {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
};

const acts = {
  good: (s) => s.end(ok),
  "drips-head": (s) => every(20, s, () => s.write("H")),
  "drips-after-status": (s) => (s.write("HTTP/1.1 200 OK\r\n"), every(20, s, () => s.write("a"))),
  "endless-headers": (s) => (s.write("HTTP/1.1 200 OK\r\n"), pour(s, "X-More: of the same\r\n".repeat(500))),
  "one-endless-header": (s) => (s.write("HTTP/1.1 200 OK\r\nX: "), pour(s, big)),
  "endless-status-line": (s) => (s.write("HTTP/1.1 200 "), pour(s, big)),
  "endless-body": (s) => (s.write("HTTP/1.1 200 OK\r\n\r\n"), pour(s, big)),
  "endless-body-of-an-error": (s) => (s.write("HTTP/1.1 500 No\r\n\r\n"), pour(s, big)),
  "informs-for-ever": (s) => pour(s, "HTTP/1.1 100 Continue\r\n\r\n".repeat(500)),
  "old-http": (s) => s.end("ok, said HTTP 0.9\n"),
  "http2-only": (s) => s.end(Buffer.from("000012040000000000000300000064000400100000000600004000", "hex")),
  "two-lengths": (s) => s.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 99\r\n\r\nok"),
  "keeps-alive": (s) => s.write(`HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok`),
  "answers-half": (s) => s.write("HTTP/1.1 200 OK\r\nContent-Le"),
  "says-nothing": () => {},
  "closes-at-once": (s) => s.end(),
  "resets-at-once": (s) => s.resetAndDestroy(),
  "resets-in-the-head": (s) => s.write("HTTP/1.1 200 OK\r\nX: y\r\n", () => s.resetAndDestroy()),
  "half-closes": (s) => s.end("HTTP/1.1 200 OK\r\n"),
  "writes-nuls": (s) => pour(s, Buffer.alloc(65536)),
  "redirects-to-itself": (s) => s.end("HTTP/1.1 302 Found\r\nLocation: /health\r\nContent-Length: 0\r\n\r\n"),
  "lies-about-status": (s) => s.end("HTTP/1.1 2000 OK\r\n\r\n"),
};

kinds.forEach((kind, i) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    seen[kind].open++;
    socket.on("close", () => seen[kind].open--);
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.destroy());
    socket.once("data", () => {
      seen[kind].calls++;
      acts[kind](socket);
    });
  });
  server.listen(Number(first) + i, "127.0.0.1");
});

setInterval(() => {
  writeFileSync("seen.json.new", JSON.stringify(seen));
  renameSync("seen.json.new", "seen.json");
}, 100);
