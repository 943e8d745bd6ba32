import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { internet } from "@afloat/worker/embedded/config";
import { workerdPath } from "@afloat/worker/embedded/workerd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { until } from "./house/until.ts";

/** The embedded server's own network, with nothing before it: what a name leads to is looked at there. */

let visits = 0;
let port = 0;
/** Where somebody listens: names and addresses that lead inside on this machine. */
const inside = ["localhost", "127.0.0.1"];
const servers = [aServer(), aServer()] as const;
const dir = mkdtempSync(join(tmpdir(), "afloat-outgoing-"));
const running: { end: () => void }[] = [];

/** Fetches whatever it is asked for, as the Worker would without any guard of its own. */
const FETCHES = `export default { async fetch(request) {
  try { return new Response(await (await fetch(await request.text())).text()) }
  catch (error) { return new Response(String(error), { status: 502 }) }
} }`;

function aServer() {
  return createServer((_request, response) => {
    visits++;
    response.end("inside");
  });
}

beforeAll(async () => {
  servers[0].listen(0, "127.0.0.1");
  await once(servers[0], "listening");
  const address = servers[0].address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  // Not every machine has IPv6, or a name for itself.
  servers[1].listen(port, "::1");
  if (await once(servers[1], "listening").catch(() => null)) inside.push("[::1]");
  const named = await lookup(hostname()).catch(() => null);
  if (named?.address === "127.0.0.1") inside.push(hostname());
  writeFileSync(join(dir, "fetches.js"), FETCHES);
});

afterAll(() => {
  for (const each of running) each.end();
  for (const server of servers) server.close();
  rmSync(dir, { recursive: true, force: true });
});

async function serve(allowPrivate: boolean): Promise<(url: string) => Promise<string>> {
  const at = await claimPorts();
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  sockets = [(name = "http", address = "127.0.0.1:${at}", http = (), service = "fetches")],
  services = [(name = "fetches", worker = .fetches), ${internet(allowPrivate)}],
);
const fetches :Workerd.Worker = (modules = [(name = "fetches.js", esModule = embed "fetches.js")], compatibilityDate = "2026-11-01");
`;
  const path = join(dir, `${allowPrivate}.capnp`);
  writeFileSync(path, config);
  const child = spawn(workerdPath(), ["serve", path, "--experimental"], { stdio: "ignore" });
  running.push({ end: () => child.kill("SIGKILL") });
  const ask = async (url: string) => (await fetch(`http://127.0.0.1:${at}/`, { method: "POST", body: url })).text();
  await until("the server", () => ask("data:,").catch(() => null));
  return ask;
}

describe("the network of the embedded server", () => {
  it("lets nothing through to a private address, also where a name leads there", async () => {
    const ask = await serve(false);
    for (const host of inside) expect(await ask(`http://${host}:${port}/`), host).not.toBe("inside");
    expect(visits).toBe(0);
  });

  it("does where that was opted into, but never to where clouds keep their metadata", async () => {
    const ask = await serve(true);
    for (const host of inside) expect(await ask(`http://${host}:${port}/`), host).toBe("inside");
    expect(visits).toBe(inside.length);
    expect(await ask("http://169.254.169.254/latest/meta-data/")).toContain("rror");
  });
});
