// Endpoints that do what endpoints do to those who call them: one port for each, from the first one on, in the order given.
// hostile-endpoints.mjs FIRST_PORT FOLDER_OF_CERTIFICATES GOOD_CERTIFICATE KIND...
// Writes what it saw to `seen.json`: for each kind how often it was called, and how many connections are open now.
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { gzipSync } from "node:zlib";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [first, certificates, goodCertificate, ...kinds] = process.argv.slice(2);
const seen = Object.fromEntries(kinds.map((kind) => [kind, { calls: 0, open: 0 }]));
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
const head = "HTTP/1.1 200 OK\r\n";
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
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
  "gzip-bomb": (s) => (s.write(`${head}Content-Encoding: gzip\r\n\r\n`), pour(s, bomb)),
  "huge-length": (s) => (s.write(`${head}Content-Length: 1073741824\r\n\r\n`), pour(s, big)),
  "drips-body": (s) => (s.write(`${head}\r\n`), every(1, s, () => s.write("aaaaaaaa"))),
  "resets-in-the-body": (s) => s.write(`${head}Content-Length: 9\r\n\r\nok`, () => s.resetAndDestroy()),
  catastrophic: (s) => s.end(`${head}Content-Length: 41\r\n\r\n${"a".repeat(40)}!`),
  "endless-chunks": (s) => (s.write(`${head}Transfer-Encoding: chunked\r\n\r\n`), pour(s, "1\r\na\r\n".repeat(5000))),
  "garbage-for-tls": (s) => pour(s, "this is no handshake\n".repeat(1000)),
  "hangs-in-tls": () => {},
  "drips-tls": (s) => every(20, s, () => s.write(Buffer.from([0x16]))),
  "alerts-tls": (s) => s.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 40])),
  "resets-tls": (s) => s.resetAndDestroy(),
  "lies-about-status": (s) => s.end("HTTP/1.1 2000 OK\r\n\r\n"),
};

const pem = (file) => ({ key: readFileSync(file), cert: readFileSync(file) });
const good = () => pem(goodCertificate);
const bad = (name) => pem(join(certificates, `${name}.pem`));
/** What these do is done by TLS itself. */
const secured = {
  "good-tls": good,
  "expired-certificate": () => bad("expired"),
  "certificate-of-another-name": () => bad("wrong-name"),
  "certificate-of-nobody-known": () => bad("unknown-authority"),
  "asks-for-a-certificate": () => ({ ...good(), requestCert: true, rejectUnauthorized: true }),
  "speaks-old-tls": () => ({ ...good(), minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
};

const tended = (kind, socket) => {
  seen[kind].open++;
  socket.on("close", () => seen[kind].open--);
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.destroy());
};

function serverOf(kind) {
  if (secured[kind] === undefined)
    return createServer({ allowHalfOpen: true }, (socket) => {
      tended(kind, socket);
      socket.once("data", () => {
        seen[kind].calls++;
        acts[kind](socket);
      });
    });
  const server = createTlsServer(secured[kind](), (socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(ok));
  });
  server.on("connection", (socket) => {
    tended(kind, socket);
    seen[kind].calls++;
  });
  return server;
}

kinds.forEach((kind, i) => serverOf(kind).listen(Number(first) + i, "127.0.0.1"));

setInterval(() => {
  writeFileSync("seen.json.new", JSON.stringify(seen));
  renameSync("seen.json.new", "seen.json");
}, 100);
