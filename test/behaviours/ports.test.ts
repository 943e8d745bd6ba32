import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { until } from "../stories/house/until.ts";
import { Host, program } from "./host.ts";

/** Whose port is it? On real sockets: squatters, both families, shared ports, another network namespace. */

let host: Host;
const squatters: ChildProcess[] = [];
afterEach(async () => {
  for (const squatter of squatters.splice(0)) squatter.kill("SIGKILL");
  await host.end();
});

const PACE = "interval: 200ms, timeout: 1s, start_period: 400ms";
const listens = (...words: (string | number)[]) =>
  `[python3, "${program("listens.py")}", ${words.map((word) => `"${word}"`).join(", ")}]`;
const endpoint = (more = "") => `health: { http: /, ${PACE}${more} }`;

/** A program that is no service of the host, and listens by now. */
async function squat(...words: (string | number)[]): Promise<ChildProcess> {
  const squatter = spawn("python3", ["listens.py", ...words.map(String)], { stdio: "ignore", cwd: program("") });
  squatters.push(squatter);
  const [address, port] = words;
  await until("the squatter to listen", () => isOpen(String(address), Number(port)));
  return squatter;
}

function isOpen(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });
}

/** Waits until the endpoint was called so many times more, and nobody was restarted. */
async function keepsSaying(name: string, reason: RegExp): Promise<void> {
  const endMs = performance.now() + 2000;
  await until("a while to pass", async () => {
    expect(await host.service(name)).toMatchObject({ restarts: 0, reason: expect.stringMatching(reason) });
    return performance.now() > endMs;
  });
}

it("a squatter that answers 200 is named with pid, command and since when; it proves nothing, and secrets are not told", async () => {
  const port = await claimPorts();
  const squatter = await squat("127.0.0.1", port, "--token", "hunter2");
  host = new Host(`  web: { command: sleep 49201, port: ${port}, ${endpoint(", restart_on: failing")} }\n`);
  await host.start();
  const web = await host.see("web", ({ reasonCode }) => reasonCode === "foreign-answer", "answered by a stranger");
  expect(web.reason).toMatch(
    new RegExp(
      String.raw`^answered by pid ${squatter.pid} \(python3 listens.py 127.0.0.1 ${port} --token \[redacted\]\) since \d\d:\d\d: proves nothing`,
    ),
  );
  expect(web.endpoint?.proven).toBe(false);
  expect(host.log() + JSON.stringify(web)).not.toContain("hunter2");
  squatter.kill();
  const left = await host.see("web", ({ reasonCode }) => reasonCode === "unproven-port", "alone with its port");
  expect(left).toMatchObject({ verdict: "degraded", restarts: 0 });
});

it("a squatter that says nothing of use holds the port: a conflict, told with who it is, and no restart", async () => {
  const port = await claimPorts();
  const squatter = await squat("127.0.0.1", port, 404);
  host = new Host(
    `  web: { command: sleep 49202, port: ${port}, ${endpoint(", restart_on: failing")} }\n  api: { command: sleep 49203, port: ${port}, health: { ${PACE} } }\n`,
  );
  await host.start();
  for (const name of ["web", "api"]) {
    const service = await host.see(name, ({ reasonCode }) => reasonCode === "port-conflict", "in conflict");
    expect(service.verdict).toBe("unhealthy");
    expect(service.reason).toMatch(
      new RegExp(
        String.raw`^port ${port} is held by pid ${squatter.pid} \(python3 .*\) since \d\d:\d\d; a restart cannot cure it$`,
      ),
    );
  }
  await keepsSaying("web", /is held by/);
});

it.each([
  ["answers for it: no proof of the service", 200, "healthy: foreign-answer", /^answered by pid/],
  ["fails: no failure of the service", 500, "degraded: port-conflict", /answers at port \d+ .*beside the service/],
])("a service on ::1 alone, while a stranger on 127.0.0.1 %s", async (_, status, word, reason) => {
  const port = await claimPorts();
  await squat("127.0.0.1", port, status);
  host = new Host(`  web: { command: ${listens("::1", port)}, port: ${port}, ${endpoint(", restart_on: failing")} }\n`);
  await host.start();
  const web = await host.see("web", (service) => `${service.verdict}: ${service.reasonCode}` === word, word);
  expect(web.reason).toMatch(reason);
  expect(web.endpoint?.proven).toBe(false);
  await keepsSaying("web", reason);
});

it.each([
  ["on ::1 of a service on 127.0.0.1", "127.0.0.1", "::1", []],
  ["that shares its very address", "127.0.0.1", "127.0.0.1", ["reuse"]],
])(
  "a neighbour %s does not keep it from its port: where it closes, it is restarted, and is well again",
  async (_, own, other, how) => {
    const port = await claimPorts();
    await squat(other, port, ...how);
    host = new Host(`  web: { command: ${listens(own, port, ...how)}, port: ${port}, health: { ${PACE} } }\n`);
    await host.start();
    const { pid } = await host.see("web", ({ reasonCode }) => reasonCode === "port-only", "healthy");
    process.kill(pid ?? 0, "SIGUSR1");
    const again = await host.see(
      "web",
      ({ restarts, reasonCode }) => restarts === 1 && reasonCode === "port-only",
      "well again",
    );
    expect(again.pid).not.toBe(pid);
  },
);

it("a stranger that shares the port answers some of the calls: they prove nothing", async () => {
  const port = await claimPorts();
  await squat("127.0.0.1", port, "reuse");
  host = new Host(`  web: { command: ${listens("127.0.0.1", port, "reuse")}, port: ${port}, ${endpoint()} }\n`);
  await host.start();
  const web = await host.see("web", ({ reasonCode }) => reasonCode === "foreign-answer", "answered by a stranger");
  expect(web.endpoint?.proven).toBe(false);
});

it("a squatter that comes later is seen, though the service holds its port on", async () => {
  const port = await claimPorts();
  host = new Host(`  web: { command: ${listens("::1", port)}, port: ${port}, ${endpoint()} }\n`);
  await host.start();
  await host.see("web", ({ reasonCode }) => reasonCode === "endpoint-ok", "healthy");
  await squat("127.0.0.1", port);
  await host.see("web", ({ reasonCode }) => reasonCode === "foreign-answer", "answered by a stranger");
});

/** Only root may make a network namespace. */
const mayUnshare = ((): boolean => {
  try {
    execFileSync("unshare", ["--net", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!mayUnshare)(
  "a service in a network namespace of its own: its port is looked for there, whoever has that number here",
  async () => {
    const port = await claimPorts();
    await squat("127.0.0.1", port);
    const inside = listens("0.0.0.0", port).replace("[", "[unshare, --net, ");
    host = new Host(`  web: { command: ${inside}, port: ${port}, health: { ${PACE} } }\n`);
    await host.start();
    const { pid } = await host.see("web", ({ reasonCode }) => reasonCode === "port-only", "healthy");
    process.kill(pid ?? 0, "SIGUSR1");
    await host.see(
      "web",
      ({ restarts, reasonCode }) => restarts === 1 && reasonCode === "port-only",
      "restarted and well",
    );
  },
);
