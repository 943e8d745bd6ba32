// Endpoints of many kinds, each well in its own way: probed.mjs FIRST_PORT CERTIFICATE SOCKET
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { createServer as createHttps } from "node:https";

const [, , firstPort, certificate, socket] = process.argv;
const first = Number(firstPort);
const pem = readFileSync(certificate);

createServer((request, response) => {
  if (request.url === "/secret") response.statusCode = request.headers["x-key"] === "open sesame" ? 200 : 403;
  if (request.url === "/method") response.statusCode = request.method === "POST" ? 200 : 405;
  if (request.url === "/accepted") response.statusCode = 302;
  if (request.url === "/chunked") {
    response.write('{"status":');
    setTimeout(() => response.end(' "grün"}'), 100);
    return;
  }
  if (request.url === "/never-whole") {
    response.write("up and ");
    return;
  }
  response.end('{"status": "up"}');
}).listen(first);

createHttps({ key: pem, cert: pem }, (_, response) => response.end("ok")).listen(first + 1);

rmSync(socket, { force: true });
createServer((_, response) => response.end("ok")).listen(socket);

// grpc.health.v1.Health: serving as a whole, `slow.Service` is not, and no other service is known.
const grpc = createHttp2();
grpc.on("stream", (stream) => {
  const pieces = [];
  stream.on("data", (piece) => pieces.push(piece));
  stream.on("end", () => {
    const asked = Buffer.concat(pieces).subarray(7).toString();
    const known = { "": 1, "slow.Service": 2 }[asked];
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": known === undefined ? "5" : "0" }));
    stream.end(known === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 8, known]));
  });
});
grpc.listen(first + 2);
