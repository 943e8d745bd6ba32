import { createServer } from "node:net";
import { expect, it } from "vitest";
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
