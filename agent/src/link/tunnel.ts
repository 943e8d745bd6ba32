import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import { messageOf } from "../error-words.ts";
import type { Proxy } from "./core/proxy.ts";

/** How long a proxy may take to let us through, milliseconds. */
const CONNECT_MS = 10_000;

/** A proxy that is not there, or does not let us through. `status` is its answer to CONNECT, null where it gave none. */
export class ProxyFailure extends Error {
  readonly proxy: string;
  readonly status: number | null;
  readonly code: string | null;

  constructor({ shown }: Proxy, status: number | null, cause: unknown) {
    super(messageOf(cause), { cause });
    this.proxy = shown;
    this.status = status;
    this.code = cause instanceof Error && "code" in cause ? String(cause.code) : null;
  }
}

/** A way through a proxy to `host:port` (CONNECT, RFC 9110, 9.3.6). Rejects with a ProxyFailure. */
export function openTunnel(proxy: Proxy, host: string, port: number): Promise<Socket> {
  const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const request = proxy.protocol === "https:" ? httpsRequest : httpRequest;
  const password = proxy.authorization === null ? {} : { "proxy-authorization": proxy.authorization };
  return new Promise((resolve, reject) => {
    const call = request({
      ...{ method: "CONNECT", host: proxy.hostname, port: proxy.port, path: target, agent: false },
      headers: { host: target, ...password },
      // Its certificate is the proxy's own, whatever host is asked for; an address is no name (RFC 6066, 3).
      servername: isIP(proxy.hostname) === 0 ? proxy.hostname : "",
      rejectUnauthorized: true,
    });
    const fail = (status: number | null, cause: unknown) => {
      call.destroy();
      reject(new ProxyFailure(proxy, status, cause));
    };
    const late = setTimeout(() => fail(null, new Error(`no answer within ${CONNECT_MS / 1000} s`)), CONNECT_MS);
    call.on("close", () => clearTimeout(late));
    call.on("connect", ({ statusCode = 0 }, socket, head) => {
      clearTimeout(late);
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return fail(statusCode, new Error(`it answered ${statusCode} to CONNECT`));
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    // Some answer an error like any other request.
    call.on("response", ({ statusCode = 0 }) => fail(statusCode, new Error(`it answered ${statusCode} to CONNECT`)));
    call.on("error", (error) => fail(null, error));
    call.end();
  });
}
