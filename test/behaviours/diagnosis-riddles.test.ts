import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { Host, program } from "./host.ts";

/** What else is wrong with checks, each on real sockets and processes: found by `afloat check`, beside a running agent. */

const EXITS = fileURLToPath(new URL("../../agent/test/fixtures/http-service.mjs", import.meta.url));

let host: Host;
afterEach(() => host.end());

interface Problem {
  code: string;
  what: string;
  proof: string;
  write: string | null;
  where: string | null;
  fixable: boolean;
}

type Expected = [health: string, code: string, seen: RegExp, write: string | RegExp | null];

it("methods, credentials, names, redirects, certificates, gRPC, commands, proxies: each is named with its proof", async () => {
  const first = await claimPorts();
  const at = (offset: number) => `localhost:${first + offset}`;
  const http = (path: string, offset = 0, scheme = "http") =>
    `{ http: "${scheme}://${at(offset)}${path}", timeout: 1s }`;
  const riddles: Record<string, Expected> = {
    basic: [http("/basic"), "credentials", /Basic realm="staff"/, "expect: 401"],
    head: [http("/head-only"), "method", /HEAD of the same path/, "method: HEAD"],
    post: [http("/post-only"), "method", /POST of the same path/, "method: POST"],
    "no-method": [http("/no-method"), "wrong-path", /none of the customary paths/, null],
    slash: [http("/slash"), "redirect", /slash\/ answers 200/, `http: http://${at(0)}/slash/`],
    away: [http("/away"), "redirect", /another host, which is not called/, null],
    named: [http("/named"), "host-header", /Host: localhost/, "headers: { Host: localhost }"],
    gateway: [http("/gateway"), "proxy", /Via: 1\.1 cache \(squid/, null],
    expired: [http("/", 3, "https"), "certificate", /expired.*valid until Feb/, null],
    "wrong-name": [http("/", 4, "https"), "certificate", /self-signed/, "tls: { ca: ./its-certificate.pem }"],
    "other-name": [
      `{ http: "https://${at(4)}/", tls: { ca: ./wrong-name.pem }, timeout: 1s }`,
      "certificate",
      /for shop\.example, not for localhost/,
      "tls: { verify: false }",
    ],
    authority: [http("/", 5, "https"), "certificate", /"Afloat test authority"/, "tls: { ca: ./its-authority.pem }"],
    "ca-lost": [`{ http: "https://${at(5)}/", tls: { ca: ./lost.pem } }`, "certificate", /lost\.pem/, null],
    "no-service": [
      `{ grpc: "grpc://${at(1)}/shop.Card" }`,
      "grpc-service",
      /\/shop\.Cart/,
      `grpc: grpc://${at(1)}/shop.Cart`,
    ],
    "no-health": [`{ grpc: "grpc://${at(2)}/" }`, "grpc-service", /no health service/, null],
    "grpc-by-http": [http("/", 1), "protocol", /speaks gRPC/, `grpc: grpc://${at(1)}/`],
    "not-found": ["{ command: no-such-program }", "command", /code 127/, null],
    "no-right": ["{ command: ./check.sh }", "command", /chmod \+x .*check\.sh/, null],
    "says-no": ["{ command: exit 3 }", "error-status", /code 3/, null],
    stuck: ["{ command: sleep 47000, timeout: 300ms }", "hangs", /does not come to an end/, null],
    slowly: ["{ command: sleep 0.6, timeout: 300ms }", "slow", /it answers after \d+\.?\d* s/, /^timeout: \d+s$/],
    "no-name": [
      `{ http: "http://afloat.invalid:${first}/slash/" }`,
      "host-name",
      /answers as expected/,
      `http: http://${at(0)}/slash/`,
    ],
    full: [
      `{ http: "http://${at(7)}/", timeout: 1s }`,
      "hangs",
      /takes no more connections.*wait there to be taken/,
      null,
    ],
    behind: [
      `{ http: "http://${at(9)}/health" }`,
      "proxy",
      /nginx.*own port \d+ answers/,
      `http: http://${at(8)}/health`,
    ],
  };
  host = new Host("");
  writeFileSync(join(host.dir, "check.sh"), "exit 0\n", { mode: 0o644 });
  const certificates = program("certificates");
  symlinkSync(join(certificates, "wrong-name.pem"), join(host.dir, "wrong-name.pem"));
  const runs: Record<string, string> = {
    full: `[python3, ${program("takes-nobody.py")}, "${first + 7}"]`,
    behind: `[node, ${program("answers.mjs")}, "${first + 8}", "200"]`,
  };
  const services = Object.entries(riddles).map(
    ([name, [health]]) => `  ${name}: { command: ${runs[name] ?? "sleep 49000"}, health: ${health} }\n`,
  );
  host.configure(
    `  riddles: { command: [node, ${program("riddles.mjs")}, "${first}", ${certificates}], ports: [${[0, 1, 2, 3, 4, 5].map((i) => first + i).join(", ")}] }
  front: { command: [node, ${program("answers.mjs")}, "${first + 9}", "502", nginx], port: ${first + 9} }
  exits: { command: [node, ${EXITS}], env: { PORT: "${first + 10}", HEALTH: exit }, port: ${first + 10}, health: { http: /health, interval: 100ms } }
${services.join("")}`,
  );
  await host.start();
  for (const name of ["riddles", "front"]) await host.see(name, ({ verdict }) => verdict === "healthy", "healthy");
  await host.see("exits", (s) => s.endpoint?.retired === true && s.verdict === "healthy", "called no more");
  await host.see("behind", (s) => s.endpoint?.last === "502", "answered by the proxy");
  await host.see("full", (s) => s.diagnosis?.code === "hangs", "found to take no connections");

  const { code, out } = await host.afloat("check", "--json");
  expect(code).toBe(1);
  const { services: checked }: { services: { service: string; problems: Problem[] }[] } = JSON.parse(out);
  for (const { service, problems } of checked) {
    const expected = riddles[service];
    if (expected === undefined) continue;
    const [problem] = problems;
    const [, code, seen, write] = expected;
    const right: unknown = write instanceof RegExp ? expect.stringMatching(write) : write;
    expect({ service, code: problem?.code, write: problem?.write }).toEqual({ service, code, write: right });
    expect(`${problem?.what} ${problem?.proof}`, service).toMatch(seen);
    expect(problem?.where, service).toMatch(/^afloat\.yaml:\d+$/);
  }
  const exits = checked.find(({ service }) => service === "exits");
  expect(exits?.problems[0]).toMatchObject({
    code: "crashes",
    proof: expect.stringMatching(/pid \d+, exited when it was called/),
  });
  expect((await host.service("exits"))?.endpoint?.retired, "what has just crashed it is not asked again").toBe(true);
});
