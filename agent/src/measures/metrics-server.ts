import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import type { MetricsSpec } from "@afloat/shared/spec";
import { CONTENT_TYPE } from "./core/exposition.ts";
import { mayAsk } from "./core/may-ask.ts";

/** A scrape that has not asked within so long is hung up on, milliseconds. */
const ASK_MS = 2_000;
/** Connections at once; Prometheus needs one. */
const CONNECTIONS = 8;
/** Where the port is not free, it is tried again so often, milliseconds. */
const AGAIN_MS = 10_000;

/**
 * Serves `/metrics` to Prometheus. Loaded only where the configuration says so. A port that is taken is said once and tried
 * again: it is no reason not to keep services up. Calling the answer ends it.
 */
export function serveMetrics(spec: MetricsSpec, text: () => string, say: (text: string) => void): () => void {
  const at = `${spec.address.includes(":") ? `[${spec.address}]` : spec.address}:${spec.port}`;
  // Node looks every half a minute, if not told otherwise, who takes too long.
  const server = createServer({ connectionsCheckingInterval: ASK_MS }, (request, response) =>
    answer(request, response, spec, text),
  );
  bound(server);
  let again: NodeJS.Timeout | undefined;
  let said = "";
  const open = () => server.listen(spec.port, spec.address);
  server.on("listening", () => say(`metrics for Prometheus: http://${at}/metrics`));
  server.on("error", (error) => {
    if (said !== error.message) say(`metrics cannot be served: ${error.message}; it is tried again every 10 s`);
    said = error.message;
    again = setTimeout(open, AGAIN_MS);
  });
  open();
  return () => {
    clearTimeout(again);
    server.close();
    server.closeAllConnections();
  };
}

/** Whoever asks slowly, or much, costs nothing. */
function bound(server: Server): void {
  server.maxConnections = CONNECTIONS;
  server.headersTimeout = ASK_MS;
  server.requestTimeout = ASK_MS;
  server.keepAliveTimeout = 5_000;
  // Also who reads slowly: nothing moved for so long, and it is over.
  server.setTimeout(2 * ASK_MS);
}

function answer(request: IncomingMessage, response: ServerResponse, spec: MetricsSpec, text: () => string): void {
  const { method, url = "/", headers } = request;
  request.resume();
  if (!mayAsk(headers.host, spec, hostname()))
    return say(
      response,
      403,
      "expected this host's own address as Host; another name could be a page that means harm\n",
    );
  if (url.split("?")[0] !== "/metrics") return say(response, 404, "the numbers are at /metrics\n");
  if (method !== "GET" && method !== "HEAD") return say(response, 405, "expected GET\n", { allow: "GET, HEAD" });
  say(response, 200, method === "HEAD" ? "" : text(), { "content-type": CONTENT_TYPE });
}

function say(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers });
  response.end(body);
}
