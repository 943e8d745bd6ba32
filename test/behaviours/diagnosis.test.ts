import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { Host, program } from "./host.ts";

/** What is wrong with a check is found on real sockets, with proof, and with the line to write instead. */

const CERTIFICATE = fileURLToPath(new URL("../../agent/test/fixtures/self-signed.pem", import.meta.url));

let host: Host;
afterEach(() => host.end());

interface Found {
  code: string;
  proof: RegExp;
  write: string | RegExp | null;
}

it("path, port, family, TLS either way, slowness, a hang, a login page: each named, and what to write is right", async () => {
  const first = await claimPorts();
  const [plain, six, tls, none] = [first, first + 1, first + 2, first + 3].map((port) => `localhost:${port}`);
  const puzzles: Record<string, [health: string, found: Found]> = {
    path: [
      `http://${plain}/health`,
      { code: "wrong-path", proof: /\/healthz answers/, write: `http: http://${plain}/healthz` },
    ],
    family: [
      `http://127.0.0.1:${first + 1}/`,
      { code: "wrong-family", proof: /on \[::1\], not on 127/, write: `http: http://${six}/` },
    ],
    "not-https": [
      `https://${plain}/healthz`,
      { code: "https", proof: /answers/, write: `http: http://${plain}/healthz` },
    ],
    "not-http": [`http://${tls}/`, { code: "https", proof: /answers/, write: `http: https://${tls}/` }],
    certificate: [
      `https://${tls}/`,
      { code: "certificate", proof: /signed by itself/, write: "tls: { ca: ./its-certificate.pem }" },
    ],
    slow: [`http://${plain}/slow`, { code: "slow", proof: /it answers after \d+\.?\d* s/, write: /^timeout: \d+s$/ }],
    hangs: [
      `http://${plain}/hangs`,
      { code: "hangs", proof: /pid \d+ is asleep, 1 thread, \d+ % of a processor/, write: null },
    ],
    login: [
      `http://${plain}/login`,
      {
        code: "redirect",
        proof: /302 to \/sign-in.*\/healthz answers without/,
        write: `http: http://${plain}/healthz`,
      },
    ],
    broken: [`http://${plain}/broken`, { code: "error-status", proof: /503/, write: null }],
    nobody: [`http://${none}/`, { code: "nothing-listens", proof: /connection refused/, write: null }],
  };
  host = new Host("");
  const certificate = join(host.dir, "own.pem");
  copyFileSync(CERTIFICATE, certificate);
  const services = Object.entries(puzzles).map(
    ([name, [url]]) =>
      `  ${name}: { command: sleep 49000, health: { http: "${url}", timeout: 1s, start_period: 1s, interval: 1s } }\n`,
  );
  const server = `  server: { command: [node, ${program("puzzles.mjs")}, "${first}", ${certificate}], health: { http: "http://${none}/healthz", start_period: 1s, interval: 1s } }\n`;
  host.configure(server + services.join(""));
  await host.start();
  for (const [name, [, { code, proof, write }]] of Object.entries(puzzles)) {
    const { diagnosis } = await host.see(name, (service) => service.diagnosis !== null, "diagnosed");
    const right: unknown = write instanceof RegExp ? expect.stringMatching(write) : write;
    expect(diagnosis, name).toMatchObject({ code, write: right });
    expect(diagnosis?.proof, name).toMatch(proof);
  }
  const { diagnosis } = await host.see("server", (service) => service.diagnosis !== null, "diagnosed");
  expect(diagnosis).toMatchObject({ code: "wrong-port", write: `http: http://${plain}/healthz` });
  expect(diagnosis?.proof).toContain(
    `listen on ${first}, ${first + 1}, ${first + 2}, not on ${first + 3}; ${first} answers`,
  );

  const checked = await host.afloat("check", "--json");
  expect(checked.code).toBe(1);
  const found: { services: { service: string; diagnosis: { code: string } | null }[] } = JSON.parse(checked.out);
  for (const each of found.services)
    if (each.service !== "server") expect(each.diagnosis?.code, each.service).toBe(puzzles[each.service]?.[1].code);
});
