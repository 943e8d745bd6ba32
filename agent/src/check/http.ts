import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import type { EndpointSpec, GrpcEndpoint } from "@afloat/shared/spec";
import { cameWords, type Found, found, type HttpCase, tryWith } from "./case.ts";
import { wantsCredentials } from "./credentials.ts";
import { whereElse } from "./elsewhere.ts";
import { whatHangs } from "./hang.ts";
import { wrongHostHeader } from "./host-header.ts";
import { isLoopback } from "./hosts.ts";
import { wrongMethod } from "./method.ts";
import { somebodyElse } from "./proxy.ts";
import { ledElsewhere } from "./redirect.ts";
import { anotherAddress, scalar } from "./remedy.ts";
import { withOrWithoutTls } from "./tls-or-not.ts";
import { wrongPath } from "./wrong-path.ts";

/** What is wrong with an HTTP endpoint. Throws LookOver. */
export async function diagnoseHttp(at: HttpCase, result: EndpointResult): Promise<Found> {
  switch (result.kind) {
    case "status":
      return (await somebodyElse(at, result.status)) ?? saysNo(at, result.status);
    case "redirect":
      return (await somebodyElse(at, result.status)) ?? ledElsewhere(at, result.location);
    case "body":
      return found(at, "error-status", "The endpoint answers, but not with the body that `body` expects.", at.came);
    case "refused":
      if (at.endpoint.socket !== null)
        return found(at, "nothing-listens", "Nothing listens on the Unix socket.", at.came);
      return whereElse(at, async (url) => (await tryWith(at, { url })).kind === "ok");
    case "timeout":
      return whatHangs(at, (late) => diagnoseHttp({ ...at, came: cameWords(at.asked, late) }, late));
    case "dns":
      return unknownName(at);
    default:
      return notHttp(at, result.kind === "reset");
  }
}

async function saysNo(at: HttpCase, status: number): Promise<Found> {
  switch (status) {
    case 404:
    case 410:
    case 501:
      return wrongPath(at, status);
    case 401:
    case 407:
      return wantsCredentials(at, status);
    case 403:
      return (await wrongHostHeader(at)) ?? wantsCredentials(at, status);
    case 405:
      return wrongMethod(at);
    case 400:
    case 421:
      // 400 is what servers for HTTPS say to plain HTTP.
      return (await withOrWithoutTls(at)) ?? (await wrongHostHeader(at)) ?? errorStatus(at, status);
    default:
      return errorStatus(at, status);
  }
}

function errorStatus(at: HttpCase, status: number): Found {
  const lives = status < 500 || at.evidence.pid === null ? "" : ` The process, pid ${at.evidence.pid}, lives on.`;
  return found(at, "error-status", "The endpoint answers with an error.", `${at.came}${lives}`);
}

/** The connection is dropped, or what comes is no HTTP. */
async function notHttp(at: HttpCase, dropped: boolean): Promise<Found> {
  const other = (await withOrWithoutTls(at)) ?? (await speaksGrpc(at));
  if (other !== null) return other;
  if (at.endpoint.url.startsWith("https:")) return found(at, "https", "It does not speak HTTPS.", at.came);
  if (dropped)
    return found(at, "crashes", "The connection is dropped when the endpoint is called.", `${at.came}${livesOn(at)}`);
  return found(at, "protocol", "It speaks neither HTTP nor HTTPS.", at.came);
}

const livesOn = ({ evidence }: HttpCase) =>
  evidence.pid === null ? "" : ` The process, pid ${evidence.pid}, lives on.`;

/** A gRPC server closes what is no HTTP/2. Null where it is none. */
async function speaksGrpc(at: HttpCase): Promise<Found | null> {
  const { url, tls, where, written, socket } = at.endpoint;
  if (socket !== null) return null;
  const endpoint: EndpointSpec & GrpcEndpoint = {
    kind: "grpc",
    url: new URL(url).origin,
    service: "",
    tls,
    where,
    written,
  };
  const result = await at.look.call(at.spec, endpoint);
  if (result.kind !== "ok" && result.kind !== "failed") return null;
  const isOwnPort = written.split(": ")[1]?.startsWith("/") === true;
  const address = isOwnPort ? "/" : new URL(url).origin.replace(/^http/, "grpc") + "/";
  const line = `grpc: ${scalar(address)}`;
  const write = written.startsWith("health:") ? `health: { ${line} }` : line;
  return found(at, "protocol", "It speaks gRPC, not HTTP.", `${at.came} By gRPC its health answers.`, {
    write,
    where,
    edit: null,
  });
}

async function unknownName(at: HttpCase): Promise<Found> {
  const url = new URL(at.endpoint.url);
  const what = "The host name is not known here.";
  if (isLoopback(url.hostname)) return found(at, "host-name", what, at.came);
  const here = Object.assign(new URL(url), { hostname: "localhost" }).href;
  if ((await tryWith(at, { url: here })).kind !== "ok") return found(at, "host-name", what, at.came);
  return found(at, "host-name", what, `${at.came} ${here} answers as expected.`, anotherAddress(at, here, true));
}
