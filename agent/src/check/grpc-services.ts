import { connect, constants, type SecureClientSessionOptions } from "node:http2";
import { tlsOptions } from "../probe/tls.ts";
import type { GrpcCase } from "./case.ts";
import { endAfter, TRY_TIMEOUT_MS } from "./look.ts";

/** An answer larger than this is not read, bytes. */
const LIMIT_BYTES = 64 * 1024;

/** ServerReflectionRequest of grpc/reflection/v1/reflection.proto with list_services (field 7) "", framed for gRPC. */
const LIST_SERVICES = Buffer.from([0, 0, 0, 0, 2, 0x3a, 0x00]);

/** An empty message, framed: HealthListRequest of grpc/health/v1/health.proto. */
const EMPTY = Buffer.from([0, 0, 0, 0, 0]);

/** The services that a gRPC server says it has: by Health/List, else by reflection; empty where it says nothing. Throws LookOver. */
export async function knownServices(at: GrpcCase): Promise<string[]> {
  // map<string, HealthCheckResponse> statuses = 1, each an entry with the name as field 1.
  const listed = await call(at, "/grpc.health.v1.Health/List", EMPTY);
  const names = fieldsOf(listed).flatMap((entry) => fieldsOf(entry).slice(0, 1).map(textOf));
  if (names.length > 0) return names;
  for (const version of ["v1", "v1alpha"]) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    // list_services_response = 6, with repeated ServiceResponse service = 1, with name = 1.
    const reflected = fieldsOf(await call(at, path, LIST_SERVICES), 6).flatMap((list) => fieldsOf(list));
    const found = reflected.flatMap((service) => fieldsOf(service).map(textOf));
    if (found.length > 0) return found.filter((name) => !name.startsWith("grpc."));
  }
  return [];
}

/** The first message of the answer; empty where none comes. */
function call(at: GrpcCase, path: string, message: Buffer): Promise<Buffer> {
  const url = new URL(at.endpoint.url);
  const host = url.hostname === "localhost" ? "127.0.0.1" : url.hostname;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return at.look.take(
    TRY_TIMEOUT_MS,
    (ms, signal) =>
      new Promise((resolve) => {
        const tls: SecureClientSessionOptions =
          url.protocol === "https:" ? { ...tlsOptions(at.endpoint.tls), servername: url.hostname } : {};
        const session = connect(`${url.protocol}//${host}:${port}`, tls);
        let body = Buffer.alloc(0);
        const end = () => {
          clearTimeout(timer);
          session.destroy();
          resolve(body.subarray(5));
        };
        const timer = endAfter(ms, end);
        signal.addEventListener("abort", end, { once: true });
        // Whoever does not know the call says nothing that helps.
        session.on("error", end);
        const stream = session.request({
          [constants.HTTP2_HEADER_METHOD]: "POST",
          [constants.HTTP2_HEADER_PATH]: path,
          [constants.HTTP2_HEADER_AUTHORITY]: url.host,
          "content-type": "application/grpc",
          te: "trailers",
        });
        stream.on("data", (chunk: Buffer) => {
          body = Buffer.concat([body, chunk]);
          const whole = body.length >= 5 && body.length >= 5 + body.readUInt32BE(1);
          if (whole || body.length > LIMIT_BYTES) end();
        });
        stream.on("error", end);
        stream.on("end", end);
        stream.end(message);
      }),
  );
}

/** The contents of a message's length-delimited fields with this number, in order (protobuf.dev/programming-guides/encoding). */
function fieldsOf(message: Buffer, wanted = 1): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < message.length;) {
    const key = varintAt(message, at);
    const value = varintAt(message, key.next);
    at = value.next;
    const type = key.value & 7;
    if (type === 0) continue;
    // Fixed numbers do not occur in these messages.
    if (type !== 2 || at + value.value > message.length) break;
    if (key.value >>> 3 === wanted) found.push(message.subarray(at, at + value.value));
    at += value.value;
  }
  return found;
}

function varintAt(bytes: Buffer, from: number): { value: number; next: number } {
  let value = 0;
  let at = from;
  for (let shift = 0; at < bytes.length && shift < 35; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  return { value, next: at };
}

const textOf = (bytes: Buffer) => bytes.toString("utf8").slice(0, 200);
