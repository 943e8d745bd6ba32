import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { internet } from "@afloat/worker/embedded/config";
import { workerdPath } from "@afloat/worker/embedded/workerd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { until } from "./house/until.ts";

/** The embedded server's own network, with nothing before it: what a name leads to is looked at there. */

let visits = 0;
let port = 0;
const server = createServer((_request, response) => {
  visits++;
  response.end("inside");
});
const dir = mkdtempSync(join(tmpdir(), "afloat-outgoing-"));
const running: { end: () => void }[] = [];

/** Fetches whatever it is asked for, as the Worker would without any guard of its own. */
const FETCHES = `export default { async fetch(request) {
  try { return new Response(await (await fetch(await request.text())).text()) }
  catch (error) { return new Response(String(error), { status: 502 }) }
} }`;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  writeFileSync(join(dir, "fetches.js"), FETCHES);
});

afterAll(() => {
  for (const each of running) each.end();
  server.close();
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
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      expect(await ask(`http://${host}:${port}/`), host).not.toBe("inside");
    }
    expect(visits).toBe(0);
  });

  it("does where that was opted into, but never to where clouds keep their metadata", async () => {
    const ask = await serve(true);
    expect(await ask(`http://localhost:${port}/`)).toBe("inside");
    expect(visits).toBe(1);
    expect(await ask("http://169.254.169.254/latest/meta-data/")).toContain("rror");
  });
});
