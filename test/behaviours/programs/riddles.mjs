// Servers that answer, and not as a health check wants it: riddles.mjs FIRST_PORT FOLDER_OF_CERTIFICATES
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { createServer as createHttps } from "node:https";
import { join } from "node:path";

const [, , firstPort, certificates] = process.argv;
const first = Number(firstPort);

const answers = {
  "/basic": () => [401, { "www-authenticate": 'Basic realm="staff"' }],
  "/head-only": ({ method }) => (method === "HEAD" ? [200] : [405, { allow: "HEAD" }]),
  "/post-only": ({ method }) => (method === "POST" ? [200] : [405, { allow: "POST" }]),
  "/no-method": () => [405],
  "/slash": () => [301, { location: "/slash/" }],
  "/slash/": () => [200],
  "/away": () => [302, { location: "http://afloat.invalid/health" }],
  "/named": ({ headers }) => (headers.host === "localhost" ? [200] : [400]),
  "/gateway": () => [502, { via: "1.1 cache (squid/6.1)" }],
};
createServer((request, response) => {
  const [status, headers = {}] = (answers[request.url] ?? (() => [404]))(request);
  response.writeHead(status, headers).end();
}).listen(first, "127.0.0.1");

// grpc.health.v1.Health: knows itself and shop.Cart, and says so when asked for its list.
const KNOWN = ["", "shop.Cart"];
const entry = (name) =>
  Buffer.concat([Buffer.from([10, name.length + 6, 10, name.length]), Buffer.from(name), Buffer.from([18, 2, 8, 1])]);
const framed = (message) => Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
const grpc = (hasHealth) => {
  const server = createHttp2();
  server.on("stream", (stream, headers) => {
    const pieces = [];
    stream.on("error", () => {});
    stream.on("data", (piece) => pieces.push(piece));
    stream.on("end", () => {
      const asked = Buffer.concat(pieces).subarray(7).toString();
      const list = headers[":path"].endsWith("/List");
      const code = !hasHealth ? "12" : list || KNOWN.includes(asked) ? "0" : "5";
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": code }));
      if (code !== "0") stream.end();
      else stream.end(framed(list ? Buffer.concat(KNOWN.map(entry)) : Buffer.from([8, 1])));
    });
  });
  return server;
};
grpc(true).listen(first + 1, "127.0.0.1");
grpc(false).listen(first + 2, "127.0.0.1");

["expired", "wrong-name", "unknown-authority"].forEach((name, i) => {
  const pem = readFileSync(join(certificates, `${name}.pem`));
  createHttps({ key: pem, cert: pem }, (_, response) => response.end("well")).listen(first + 3 + i, "127.0.0.1");
});
