import { connect, isIP, type Socket } from "node:net";
import type { HttpEndpoint } from "@afloat/shared/spec";
import { type Address, addressesOf, requestOf } from "../probe/http.ts";
import { type HttpCase } from "./case.ts";
import { endAfter, TRY_TIMEOUT_MS } from "./look.ts";

/** What a server says before the body. Names of headers are in small letters. */
export interface Head {
  status: number;
  headers: Map<string, string>;
}

/** What is read of a head at most, bytes. */
const LIMIT_BYTES = 16 * 1024;

/** The head of an answer; null where none comes. A probe keeps the status only; who said it stands in the headers. Throws LookOver. */
export async function headOf(at: HttpCase, change: Partial<HttpEndpoint> = {}): Promise<Head | null> {
  const endpoint = { ...at.endpoint, ...change };
  // Twice: a busy host may be late once.
  for (const address of [...addressesOf(endpoint), ...addressesOf(endpoint)]) {
    const text = await at.look.take(TRY_TIMEOUT_MS, (ms, signal) => readHead(endpoint, address, ms, signal));
    const head = parseHead(text);
    if (head !== null) return head;
  }
  return null;
}

async function readHead(
  endpoint: HttpEndpoint,
  address: Address,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string> {
  const socket = await open(endpoint, address);
  return new Promise((resolve) => {
    let text = "";
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = endAfter(timeoutMs, end);
    signal.addEventListener("abort", end, { once: true });
    socket.once(endpoint.url.startsWith("https:") ? "secureConnect" : "connect", () =>
      socket.write(requestOf(endpoint)),
    );
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (/\r?\n\r?\n/.test(text) || text.length > LIMIT_BYTES) end();
    });
    socket.on("end", end);
    // No head is no head, whatever the reason.
    socket.on("error", end);
  });
}

async function open(endpoint: HttpEndpoint, address: Address): Promise<Socket> {
  if (!endpoint.url.startsWith("https:")) return connect(address);
  const tls = await import("node:tls");
  const { hostname } = new URL(endpoint.url);
  const name = isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? { servername: hostname } : {};
  return tls.connect({ ...address, ...name, rejectUnauthorized: false });
}

function parseHead(text: string): Head | null {
  const [first = "", ...lines] = text.split(/\r?\n\r?\n/, 1)[0]?.split(/\r?\n/) ?? [];
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
  if (!(status >= 200 && status <= 599)) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0)
      headers.set(
        line.slice(0, colon).trim().toLowerCase(),
        line
          .slice(colon + 1)
          .trim()
          .slice(0, 200),
      );
  }
  return { status, headers };
}
