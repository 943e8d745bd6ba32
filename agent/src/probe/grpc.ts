import { connect, constants, type IncomingHttpHeaders, type SecureClientSessionOptions } from "node:http2";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import type { GrpcEndpoint } from "@afloat/shared/spec";
import { hostsOf, portOf } from "./addresses.ts";
import type { Outcome } from "./endpoint.ts";
import { failureOf } from "./failure.ts";
import { ALONE, meetsItself } from "./port-connect.ts";
import { serverNameOf, tlsOptions } from "./tls.ts";

/** An answer is a few bytes; more is none, bytes. */
const ANSWER_LIMIT_BYTES = 4096;
/** HealthCheckResponse.ServingStatus of grpc/health/v1/health.proto. */
const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
/** Codes of google/rpc/code.proto that mean more here than their number. */
const CODES: Record<string, string> = {
  "5": "NOT_FOUND: it does not know this service",
  "12": "UNIMPLEMENTED: it has no grpc.health.v1.Health",
  "16": "UNAUTHENTICATED",
};

/** Calls grpc.health.v1.Health/Check once; SERVING is ok. One deadline over everything; `signal` ends it early. */
export async function probeGrpc(
  endpoint: GrpcEndpoint,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<EndpointResult> {
  const startedMs = performance.now();
  const url = new URL(endpoint.url);
  let result: Outcome = { kind: "timeout" };
  for (const address of hostsOf(url.hostname)) {
    const host = address.includes(":") ? `[${address}]` : address;
    // What cannot be read (the file of certificates, say) is an answer, too.
    result = await callOnce(endpoint, url, host, startedMs + timeoutMs, signal).catch(failureOf);
    if (result.kind !== "refused") break;
  }
  return { ...result, ms: performance.now() - startedMs };
}

function callOnce(
  endpoint: GrpcEndpoint,
  url: URL,
  host: string,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options: SecureClientSessionOptions =
      url.protocol === "https:" ? { ...tlsOptions(endpoint.tls), ...serverNameOf(url) } : {};
    const session = connect(`${url.protocol}//${host}:${portOf(url)}`, options);
    const end = (outcome: Outcome) => {
      clearTimeout(timer);
      session.destroy();
      resolve(outcome);
    };
    // What has come while the agent stood still is read first.
    const timer = setTimeout(
      () => setImmediate(() => end({ kind: "timeout" })),
      Math.max(0, deadlineMs - performance.now()),
    );
    signal?.addEventListener("abort", () => end({ kind: "timeout" }), { once: true });
    session.on("connect", (_, socket) => {
      if (meetsItself(socket)) end(ALONE);
    });
    session.on("error", (error) => end(failureOf(error)));
    session.on("close", () => end({ kind: "reset", detail: "connection closed" }));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      [constants.HTTP2_HEADER_AUTHORITY]: url.host,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let body = Buffer.alloc(0);
    let code: string | null = null;
    const note = (headers: IncomingHttpHeaders) => {
      code = headers["grpc-status"]?.toString() ?? code;
    };
    stream.on("response", (headers) => {
      if (headers[":status"] !== 200) end({ kind: "status", status: Number(headers[":status"]) });
      note(headers);
    });
    stream.on("trailers", note);
    stream.on("data", (chunk: Buffer) => {
      body = Buffer.concat([body, chunk]);
      if (body.length > ANSWER_LIMIT_BYTES) end({ kind: "malformed", detail: "its answer is too long" });
    });
    stream.on("error", (error) => end(failureOf(error)));
    stream.on("end", () => end(outcomeOf(code, body)));
    stream.end(requestOf(endpoint.service));
  });
}

/** A message with its five bytes of gRPC framing: field 1 is the service's name. */
function requestOf(service: string): Buffer {
  const name = Buffer.from(service, "utf8");
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function outcomeOf(code: string | null, body: Buffer): Outcome {
  if (code !== null && code !== "0") return { kind: "failed", detail: CODES[code] ?? `gRPC code ${code.slice(0, 20)}` };
  // Field 1, a varint: 0x08 and the status. Left out it is 0.
  const status = body.length >= 7 && body[5] === 0x08 ? (body[6] ?? 0) : 0;
  if (body.length < 5) return { kind: "malformed", detail: "its answer is too short" };
  return status === 1
    ? { kind: "ok", status: null }
    : { kind: "failed", detail: STATUSES[status] ?? `status ${status}` };
}
