import { connect, type OnReadOpts, type Socket } from "node:net";
import type { HttpEndpoint } from "@afloat/shared/spec";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import { hostsOf, portOf } from "./addresses.ts";
import type { Outcome } from "./endpoint.ts";
import { failureOf } from "./failure.ts";
import { Answer } from "./http-answer.ts";
import { ALONE, meetsItself } from "./port-connect.ts";
import { serverNameOf, sharedTlsOptions } from "./tls.ts";
import { noteShortage } from "../process/shortage.ts";
import { messageOf } from "../error-words.ts";

/** What one read takes at most, bytes. */
const READ_BYTES = 4096;

/**
 * Calls an endpoint once. One deadline over connect, TLS, the whole head, and the body where one is expected, which a slow
 * trickle cannot stretch; no redirect is followed; the connection is gone when it resolves. Never rejects. Our own few lines
 * on `net` instead of node:http, which would cost every agent some megabytes of memory. `signal` ends it as its deadline would.
 */
export async function probeHttp(
  endpoint: HttpEndpoint,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<EndpointResult> {
  const startedMs = performance.now();
  const deadlineMs = startedMs + timeoutMs;
  let result: Outcome = { kind: "timeout" };
  const known = addresses.get(endpoint) ?? addressesOf(endpoint);
  addresses.set(endpoint, known);
  for (const address of known) {
    result = await callOnce(endpoint, address, deadlineMs, signal);
    if (result.kind !== "refused") break;
  }
  return { ...result, ms: performance.now() - startedMs };
}

/** Where an endpoint is called, one after the other until one is not refused. */
export type Address = { path: string } | { host: string; port: number };

/** The same for an endpoint of the configuration, once for all its probes. */
const addresses = new WeakMap<HttpEndpoint, Address[]>();

export function addressesOf({ url: text, socket }: { url: string; socket?: string | null }): Address[] {
  if (typeof socket === "string") return [{ path: socket }];
  const url = new URL(text);
  return hostsOf(url.hostname).map((host) => ({ host, port: portOf(url) }));
}

async function callOnce(
  endpoint: HttpEndpoint,
  address: Address,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const answer = new Answer(endpoint);
  let end: (outcome: Outcome) => void = () => {};
  const room = rooms.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
  // One buffer for all reads: what a hostile endpoint sends must not become the agent's garbage.
  const callback: OnReadOpts["callback"] = (count, buffer) => {
    const outcome = answer.read(Buffer.from(buffer.buffer, buffer.byteOffset, count));
    if (outcome !== null) end(outcome);
    return outcome === null;
  };
  const isTls = endpoint.url.startsWith("https:");
  let socket: Socket;
  try {
    // No `await` where none is needed: what fails at once (no descriptor is free, there is no route) is told before one is over.
    socket = isTls ? await openTls(endpoint, address) : connect({ ...address, onread: { buffer: room, callback } });
  } catch (error) {
    noteShortage(error);
    return { kind: "tls", detail: messageOf(error) };
  }
  const outcome = await new Promise<Outcome>((resolve) => {
    end = resolve;
    // What has come while the agent stood still is read first.
    const timer = setTimeout(
      () => setImmediate(() => end(answer.timedOut())),
      Math.max(0, deadlineMs - performance.now()),
    );
    signal?.addEventListener("abort", () => end({ kind: "timeout" }), { once: true });
    socket.once("connect", () => {
      if (meetsItself(socket)) end(ALONE);
    });
    socket.once(isTls ? "secureConnect" : "connect", () => socket.write(requestOf(endpoint)));
    if (isTls) socket.on("data", (chunk: Buffer) => callback(chunk.length, chunk));
    socket.on("end", () => end(answer.ended()));
    socket.on("error", (error) => end(failureOf(error)));
    socket.on("close", () => {
      clearTimeout(timer);
      end({ kind: "reset", detail: "connection closed" });
      rooms.push(room);
    });
  });
  socket.destroy();
  return outcome;
}

/** Buffers that no connection reads into. */
const rooms: Buffer[] = [];

/** Without our buffer: it reads by itself, and what is encrypted cannot be read into one. */
async function openTls(endpoint: HttpEndpoint, where: Address): Promise<Socket> {
  const tls = await import("node:tls");
  const shared = sharedTlsOptions(endpoint.tls, tls.createSecureContext);
  return tls.connect({ ...where, ...shared, ...serverNameOf(new URL(endpoint.url)) });
}

/** What is sent, whole. Put together once for each endpoint: it is sent again and again. */
export function requestOf(endpoint: HttpEndpoint): string {
  const known = requests.get(endpoint) ?? newRequest(endpoint);
  requests.set(endpoint, known);
  return known;
}

const requests = new WeakMap<HttpEndpoint, string>();

function newRequest(endpoint: HttpEndpoint): string {
  const url = new URL(endpoint.url);
  const headers = new Map<string, string>([
    ["host", `Host: ${url.host}`],
    ["user-agent", "User-Agent: afloat"],
    ["accept", "Accept: */*"],
    ["connection", "Connection: close"],
  ]);
  if (endpoint.method === "POST") headers.set("content-length", "Content-Length: 0");
  for (const [name, value] of Object.entries(endpoint.headers)) headers.set(name.toLowerCase(), `${name}: ${value}`);
  return `${endpoint.method} ${url.pathname}${url.search} HTTP/1.1\r\n${[...headers.values()].join("\r\n")}\r\n\r\n`;
}
