import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { HttpEndpoint } from "@afloat/shared/spec";
import { expect, it } from "vitest";
import { probeHttp } from "../src/probe/http.ts";
import { isTaken, takesConnections } from "../src/probe/port-connect.ts";

const LONG_MS = 30_000;

/** A server at a free port of an address. */
async function listen(host: string): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server on TCP has an address");
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

it.each(["127.0.0.1", "::1"])("a listener at %s takes connections, and none once it is gone", async (host) => {
  const { port, close } = await listen(host);
  expect(await takesConnections(port, LONG_MS)).toBe(true);
  await close();
  expect(await takesConnections(port, LONG_MS)).toBe(false);
});

it.each(["127.0.0.1", "::1"])("a connection that meets itself at %s proves no listener", async (host) => {
  const { port, close } = await listen(host);
  await close();
  expect(await isTaken({ host, port, localAddress: host, localPort: port }, LONG_MS)).toBe(false);
});

const CALLS_LIMIT = 20_000;

it(
  "an endpoint at a port of those that callers are given: when a call is given that very port it is refused, not answered by itself",
  { timeout: 120_000 },
  async () => {
    // Callers are given the ports of one parity first (Linux, __inet_hash_connect).
    const lowest = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
    const port = lowest + 12_346;
    const endpoint: HttpEndpoint = {
      kind: "http",
      method: "GET",
      url: `http://127.0.0.1:${port}/`,
      socket: null,
      headers: {},
      expect: [{ from: 200, to: 299 }],
      body: null,
      tls: { ca: null, verify: true },
    };
    const seen = new Set<string>();
    for (let call = 0; call < CALLS_LIMIT && seen.size < 2; call++) {
      const { kind, ...more } = await probeHttp(endpoint, LONG_MS);
      expect(kind, JSON.stringify(more)).toBe("refused");
      seen.add("detail" in more ? more.detail : "");
    }
  },
);
