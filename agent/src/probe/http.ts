import { connect, type Socket } from "node:net";
import type { EndpointSpec } from "@afloat/shared/spec";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";

/** What is read of an answer at most, bytes: a status line and headers need no more. */
const HEAD_LIMIT_BYTES = 16 * 1024;

/**
 * Calls an endpoint once. One deadline over connect, TLS and the whole head, which a slow trickle cannot stretch; the body is
 * not waited for; no redirect is followed; the connection is gone when it resolves. Never rejects. Our own few lines on
 * `net` instead of node:http, which would cost every agent some megabytes of memory.
 */
export async function probeEndpoint(endpoint: EndpointSpec, timeoutMs: number): Promise<EndpointResult> {
  const startedMs = performance.now();
  const deadlineMs = startedMs + timeoutMs;
  const url = new URL(endpoint.url);
  const hosts = url.hostname === "localhost" ? ["127.0.0.1", "::1"] : [url.hostname.replace(/^\[|\]$/g, "")];
  let result: Outcome = { kind: "timeout" };
  for (const host of hosts) {
    result = await callOnce(url, host, endpoint, deadlineMs);
    if (result.kind !== "refused") break;
  }
  return { ...result, ms: performance.now() - startedMs };
}

type Untimed<R> = R extends unknown ? Omit<R, "ms"> : never;
type Outcome = Untimed<EndpointResult>;

async function callOnce(url: URL, host: string, endpoint: EndpointSpec, deadlineMs: number): Promise<Outcome> {
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const socket = await open(url, host, port);
  return new Promise((resolve) => {
    let head = "";
    const end = (outcome: Outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end({ kind: "timeout" }), Math.max(0, deadlineMs - performance.now()));
    socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => socket.write(requestOf(url, endpoint)));
    socket.on("data", (chunk: Buffer) => {
      head += chunk.toString("latin1");
      const outcome = readHead(head, endpoint);
      if (outcome !== null) end(outcome);
    });
    socket.on("end", () => end(head === "" ? { kind: "reset", detail: "closed without an answer" } : malformed(head)));
    socket.on("error", (error: NodeJS.ErrnoException) => end(failureOf(error)));
    socket.on("close", () => end({ kind: "reset", detail: "connection closed" }));
  });
}

async function open(url: URL, host: string, port: number): Promise<Socket> {
  if (url.protocol !== "https:") return connect({ host, port });
  const tls = await import("node:tls");
  return tls.connect({ host, port, servername: url.hostname });
}

function requestOf(url: URL, endpoint: EndpointSpec): string {
  return `${endpoint.method} ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: afloat\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
}

/** The outcome, once the head is whole; null while it is not. */
function readHead(head: string, endpoint: EndpointSpec): Outcome | null {
  const text = head.replace(/^(HTTP\/1\.[01] 1\d\d[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)+/, "");
  if (text.length >= 5 && !text.startsWith("HTTP/")) return malformed(text);
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) return head.length > HEAD_LIMIT_BYTES ? malformed(head) : null;
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r?\n)/.exec(text)?.[1]);
  if (!(status >= 200 && status <= 599)) return malformed(text);
  if (endpoint.expect.some(({ from, to }) => status >= from && status <= to)) return { kind: "ok", status };
  const location = /\r?\nlocation:[ \t]*([^\r\n]*)/i.exec(text.slice(0, end.index))?.[1];
  if (status >= 300 && status < 400 && location !== undefined) {
    return { kind: "redirect", status, location: location.slice(0, 200) };
  }
  return { kind: "status", status };
}

function malformed(text: string): Outcome {
  const start = text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, "·");
  return { kind: "malformed", detail: `begins with ${JSON.stringify(start)}` };
}

function failureOf(error: NodeJS.ErrnoException): Outcome {
  switch (error.code) {
    case "ECONNREFUSED":
      return { kind: "refused", detail: error.message };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { kind: "dns", detail: error.message };
    case "ETIMEDOUT":
      return { kind: "timeout" };
    case "ECONNRESET":
    case "EPIPE":
      return { kind: "reset", detail: error.message };
    default:
      return /SSL|TLS|CERT/i.test(`${error.code} ${error.message}`)
        ? { kind: "tls", detail: error.message }
        : { kind: "reset", detail: error.message };
  }
}
