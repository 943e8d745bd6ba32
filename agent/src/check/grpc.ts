import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import { answerWords } from "@afloat/shared/core/answer-words";
import type { EndpointSpec, HttpEndpoint } from "@afloat/shared/spec";
import { badCertificate } from "./certificate.ts";
import { type Found, found, type GrpcCase, type HttpCase, tryWith } from "./case.ts";
import { whereElse } from "./elsewhere.ts";
import { knownServices } from "./grpc-services.ts";
import { whatHangs } from "./hang.ts";
import { anotherAddress } from "./remedy.ts";
import { searchPaths } from "./wrong-path.ts";

/** What is wrong with a gRPC endpoint. Throws LookOver. */
export async function diagnoseGrpc(at: GrpcCase, result: EndpointResult): Promise<Found> {
  switch (result.kind) {
    case "refused":
      return whereElse(at, async (url) => (await tryWith(at, { url: new URL(url).origin })).kind === "ok");
    case "failed":
      return whatItSays(at, result.detail);
    case "tls":
      return (await badCertificate(at)) ?? (await otherSpeech(at)) ?? unclear(at);
    case "timeout":
      return (await otherSpeech(at)) ?? whatHangs(at);
    case "dns":
      return found(at, "host-name", "The host name is not known here.", at.came);
    default:
      return (await otherSpeech(at)) ?? unclear(at);
  }
}

const unclear = (at: GrpcCase) => found(at, "protocol", "It does not speak gRPC.", at.came);

async function whatItSays(at: GrpcCase, detail: string): Promise<Found> {
  if (detail.startsWith("NOT_FOUND") || detail === "SERVICE_UNKNOWN") return unknownService(at);
  if (detail.startsWith("UNIMPLEMENTED")) {
    const what =
      "It speaks gRPC, and has no health service (grpc.health.v1.Health): register one, or leave `health` out, so that the port is checked.";
    return found(at, "grpc-service", what, at.came);
  }
  if (detail.startsWith("UNAUTHENTICATED") || detail === "gRPC code 7") {
    return found(
      at,
      "credentials",
      "The health service wants credentials, which no gRPC check can send: let it answer without.",
      at.came,
    );
  }
  return found(at, "error-status", "The health service itself says no.", at.came);
}

/** How many of the services that it knows are named. */
const NAMED = 10;

/** It knows others, or the server as a whole: which ones say SERVING? */
async function unknownService(at: GrpcCase): Promise<Found> {
  const what = "The health service does not know this service.";
  const names = await knownServices(at);
  const serving: string[] = [];
  for (const service of new Set(["", ...names.slice(0, NAMED)])) {
    if (service !== at.endpoint.service && (await tryWith(at, { service })).kind === "ok") serving.push(service);
  }
  const [best] = [...serving.filter((name) => name !== ""), ...serving];
  if (best === undefined) return found(at, "grpc-service", what, at.came);
  const known = serving.map((name) => (name === "" ? "/ (the whole server)" : `/${name}`)).join(", ");
  const url = `${at.endpoint.url}/${best}`;
  return found(
    at,
    "grpc-service",
    what,
    `${at.came} It does know ${known}.`,
    anotherAddress(at, url, serving.length === 1),
  );
}

/** TLS or not, or another protocol altogether. Null where it is neither. */
async function otherSpeech(at: GrpcCase): Promise<Found | null> {
  const isTls = at.endpoint.url.startsWith("https:");
  const other = at.endpoint.url.replace(/^https?:/, isTls ? "http:" : "https:");
  const result = await tryWith(at, { url: other, tls: { ca: null, verify: false } });
  if (result.kind === "ok" || result.kind === "failed") {
    const proof = `${at.came} ${isTls ? "Without" : "With"} TLS it answers ${answerWords(result)}.`;
    const trusted = isTls ? result : await tryWith(at, { url: other });
    const url = `${other}/${at.endpoint.service}`;
    return found(
      at,
      "https",
      `It speaks gRPC ${isTls ? "without" : "with"} TLS.`,
      proof,
      anotherAddress(at, url, trusted.kind === "ok"),
    );
  }
  const http = asHttp(at);
  const { answering, stopped, remedy } = await searchPaths(http);
  if (answering.length === 0) return null;
  const write = remedy === null ? null : { ...remedy, write: remedy.write.replace(/^grpc:/, "http:"), edit: null };
  const proof = `${at.came} By HTTP, ${answering.join(", ")} answers.${stopped}`;
  return found(at, "protocol", "It speaks HTTP, not gRPC.", proof, write);
}

/** The same server, asked by plain HTTP. */
function asHttp(at: GrpcCase): HttpCase {
  const { url, tls, where, written } = at.endpoint;
  const endpoint: EndpointSpec & HttpEndpoint = {
    kind: "http",
    method: "GET",
    url: new URL("/grpc.health.v1.Health/Check", url).href,
    socket: null,
    headers: {},
    expect: [{ from: 200, to: 299 }],
    body: null,
    tls,
    where,
    written,
  };
  return { ...at, endpoint };
}
