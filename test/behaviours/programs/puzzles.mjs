// Servers that a health check may be wrong about: puzzles.mjs FIRST_PORT CERTIFICATE
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createHttps } from "node:https";

const [, , firstPort, certificate] = process.argv;
const first = Number(firstPort);
const pem = readFileSync(certificate);

createServer((request, response) => {
  if (request.url === "/slow") setTimeout(() => response.end("at last"), 1300);
  else if (request.url === "/login") response.writeHead(302, { location: "/sign-in" }).end();
  else if (request.url === "/broken") response.writeHead(503).end();
  else if (request.url === "/healthz") response.end("well");
  else if (request.url !== "/hangs") response.writeHead(404).end();
}).listen(first, "127.0.0.1");
createServer((_, response) => response.end("well")).listen(first + 1, "::1");
createHttps({ key: pem, cert: pem }, (_, response) => response.end("well")).listen(first + 2, "127.0.0.1");
