import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";

/**
 * A real receiver on loopback, for all tests of the Worker. `/ID/ANSWER` is called, and `/came/ID` says how often. `/ID/as-told` answers as `/answers/ID/ANSWER`
 * said last, with `ok` before; which messages (`webhook-id`) it heard, in order, says `/heard/ID`.
 */
const ANSWERS: Record<string, (response: ServerResponse) => void> = {
  ok: (response) => response.end("OK"),
  fails: (response) => response.writeHead(500).end("no such check"),
  asksForPeace: (response) => response.writeHead(429, { "retry-after": "90" }).end(),
  redirects: (response) => response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
  /** Takes the call, and says nothing. */
  silent: () => undefined,
  resets: (response) => response.socket?.resetAndDestroy(),
};

const came = new Map<string, number>();
const told = new Map<string, string>();
const heard = new Map<string, string[]>();
const server = createServer((request, response) => {
  request.resume();
  const [, first = "", second = "", third = ""] = (request.url ?? "").split("/");
  if (first === "came") return response.end(String(came.get(second) ?? 0));
  if (first === "heard") return response.end(JSON.stringify(heard.get(second) ?? []));
  if (first === "answers") {
    told.set(second, third);
    return response.end();
  }
  came.set(first, (came.get(first) ?? 0) + 1);
  const answer = second === "as-told" ? (told.get(first) ?? "ok") : second;
  if (answer === "ok") heard.set(first, [...(heard.get(first) ?? []), String(request.headers["webhook-id"])]);
  return ANSWERS[answer]?.(response);
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
