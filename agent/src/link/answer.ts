import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import * as v from "valibot";
import { type Answer, decideFailure, decideRefused } from "./core/decide-fault.ts";
import type { Ended } from "./core/faults.ts";
import type { Via } from "./core/link-types.ts";
import { messageOf } from "../error-words.ts";
import { ProxyFailure } from "./tunnel.ts";
import { utcTime } from "../utc-time.ts";

/** What TLS agreed on. */
export interface TlsFacts {
  version: string;
  /** Who signed the certificate. */
  issuer: string;
  validToMs: number | null;
}

/** An answer whose body was read as far as it is of use. */
export function answerOf({ statusCode = 0, headers }: IncomingMessage, body: string): Answer {
  const after = headers["retry-after"] ?? "";
  return {
    status: statusCode,
    body,
    contentType: headers["content-type"] ?? "",
    location: headers.location ?? null,
    retryAfterS: /^\d{1,6}$/.test(after) ? Number(after) : null,
    challenges: headers["www-authenticate"] !== undefined,
  };
}

/** Why an answer is no way in. */
export function refusedBy(answer: Answer, via: Via): Ended {
  const said = v.safeParse(ownWords, answer.body);
  return decideRefused({ ...answer, via, problem: said.success ? said.output.error : null });
}

/** Why a call got no answer. An address tried on several paths fails with several errors and no words. */
export function failedBy(error: unknown, cloud: string): Ended {
  if (error instanceof AggregateError && error.errors.length > 0) return failedBy(error.errors[0], cloud);
  const host = URL.canParse(cloud) ? new URL(cloud).hostname : cloud;
  const now = `${utcTime(Date.now()).slice(0, 16).replace("T", " ")} UTC`;
  const proxy = error instanceof ProxyFailure ? error.proxy : null;
  const status = error instanceof ProxyFailure ? error.status : null;
  return decideFailure({ proxy, status, code: codeOf(error), message: messageOf(error), host, now });
}

/** What the connection under an answer is, where it is TLS. */
export function tlsOf(socket: Socket | TLSSocket): TlsFacts | null {
  if (!("getPeerCertificate" in socket)) return null;
  const { issuer, valid_to: validTo } = socket.getPeerCertificate();
  const validToMs = Date.parse(validTo);
  return {
    version: socket.getProtocol() ?? "TLS",
    issuer: [issuer?.O, issuer?.CN].flat().filter(Boolean).join(", "),
    validToMs: Number.isNaN(validToMs) ? null : validToMs,
  };
}

const ownWords = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ error: v.object({ code: v.string(), message: v.string() }) }),
);

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
