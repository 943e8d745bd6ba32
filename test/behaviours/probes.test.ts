import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { until } from "../stories/house/until.ts";
import { Host, program } from "./host.ts";
import { isAlive } from "./processes.ts";

/** Every kind of endpoint, called on real sockets and by real commands. */

/** Key and certificate of a localhost of its own. */
const CERTIFICATE = fileURLToPath(new URL("../../agent/test/fixtures/self-signed.pem", import.meta.url));

let host: Host;
afterEach(() => host.end());

/** Each health setting, with how it is to be seen. `P` is the first port, `H` the host's folder. */
const CHECKS: Record<string, [health: string, seen: RegExp]> = {
  "no-key": ["http: 'http://localhost:P/secret'", /degraded.*403/],
  key: ["http: 'http://localhost:P/secret', headers: { X-Key: open sesame }", /answered 200/],
  method: ["http: 'http://localhost:P/method', method: POST", /answered 200/],
  range: ["http: 'http://localhost:P/accepted', expect: [204, 300-399]", /answered 302/],
  body: [String.raw`http: 'http://localhost:P/', body: '"status":\s*"up"'`, /answered 200/],
  "body-in-chunks": ["http: 'http://localhost:P/chunked', body: '\"grün\"}$'", /answered 200/],
  "body-at-once": ["http: 'http://localhost:P/never-whole', body: '^up'", /answered 200/],
  "other-body": ["http: 'http://localhost:P/', body: down", /degraded.*200, but the body is not as expected/],
  "body-never-whole": ["http: 'http://localhost:P/never-whole', body: down", /degraded.*timed out/],
  socket: ["http: /, socket: ./app.sock", /answered 200/],
  "no-socket": ["http: /, socket: ./none.sock", /degraded.*connection refused/],
  tls: ["http: 'https://localhost:Q/'", /degraded.*TLS failed/],
  "tls-own": ["http: 'https://localhost:Q/', tls: { ca: ./own.pem }", /answered 200/],
  "tls-lost": ["http: 'https://localhost:Q/', tls: { ca: ./lost.pem }", /degraded.*lost\.pem/],
  "tls-any": ["http: 'https://localhost:Q/', tls: { verify: false }", /answered 200/],
  grpc: ["grpc: 'grpc://localhost:R/'", /answered ok/],
  "grpc-not-serving": ["grpc: 'grpc://localhost:R/slow.Service'", /degraded.*NOT_SERVING/],
  "grpc-unknown": ["grpc: 'grpc://localhost:R/other.Service'", /degraded.*NOT_FOUND/],
  "grpc-none": ["grpc: 'grpc://localhost:P/'", /degraded/],
  command: ["command: test -e afloat.yaml", /answered ok/],
  "command-fails": ["command: 'echo the queue is full; exit 3'", /degraded.*exits with code 3: the queue is full/],
  "command-hangs": ["command: 'sleep 48123 & echo $! > hangs; sleep 48123'", /degraded.*timed out/],
  "command-missing": ["command: [no-such-program]", /degraded.*cannot start/],
};

it("HTTP with headers, bodies, sockets and certificates, gRPC, commands: each is judged by what it says", async () => {
  const first = await claimPorts();
  const place = (text: string) =>
    text
      .replace(":P/", `:${first}/`)
      .replace(":Q/", `:${first + 1}/`)
      .replace(":R/", `:${first + 2}/`);
  const services = Object.entries(CHECKS).map(
    ([name, [health]]) =>
      `  ${name}: { command: sleep 49000, health: { ${place(health)}, interval: 500ms, timeout: 1s } }\n`,
  );
  host = new Host("");
  const certificate = join(host.dir, "own.pem");
  copyFileSync(CERTIFICATE, certificate);
  const probed = `[node, ${program("probed.mjs")}, "${first}", ${certificate}, ${join(host.dir, "app.sock")}]`;
  host.configure(`  probed: { command: ${probed} }\n${services.join("")}`);
  await host.start();
  for (const [name, [, seen]] of Object.entries(CHECKS)) {
    const service = await host.see(name, ({ verdict, reason }) => seen.test(`${verdict}: ${reason}`), String(seen));
    expect(service, name).toMatchObject({ state: "up", restarts: 0 });
  }
  // What a check started is gone with it.
  await host.afloat("stop", "command-hangs");
  await until("the hanging command to be gone", () => !isAlive(Number(host.read("hangs"))));
});

it("settings that cannot be meant together are told with their line", async () => {
  host = new Host(
    "  web: { command: sleep 1, health: { http: /, command: 'true' } }\n  api: { command: sleep 1, health: { body: up } }\n",
  );
  const { code, err } = await host.afloat("up");
  expect(code).toBe(2);
  expect(err).toContain("afloat.yaml:2: web has http and command; one endpoint is called, so write one of them");
  expect(err).toContain("afloat.yaml:3: api has body, which needs http: /health beside it");
});
