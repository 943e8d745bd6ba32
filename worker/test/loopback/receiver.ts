import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";

/** A real receiver on loopback, for all tests of the Worker: `/ID/ANSWER` is called, and `/came/ID` says how often. */
const ANSWERS: Record<string, (response: ServerResponse) => void> = {
  ok: (response) => response.end("OK"),
  fails: (response) => response.writeHead(500).end("no such check"),
  redirects: (response) => response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
  /** Takes the call, and says nothing. */
  silent: () => undefined,
  resets: (response) => response.socket?.resetAndDestroy(),
};

const came = new Map<string, number>();
const server = createServer((request, response) => {
  const [, first = "", second = ""] = (request.url ?? "").split("/");
  if (first === "came") return response.end(String(came.get(second) ?? 0));
  came.set(first, (came.get(first) ?? 0) + 1);
  return ANSWERS[second]?.(response);
});

export async function setup(project: TestProject): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  project.provide("receiver", `http://127.0.0.1:${port}`);
}

export function teardown(): void {
  server.closeAllConnections();
  server.close();
}

declare module "vitest" {
  interface ProvidedContext {
    receiver: string;
  }
}
