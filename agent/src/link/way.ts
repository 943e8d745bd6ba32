import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent, type RequestOptions } from "node:https";
import { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { messageOf } from "../error-words.ts";
import { chooseProxy, type Proxy } from "./core/proxy.ts";
import { openTunnel } from "./tunnel.ts";

/** How the cloud is reached from here. */
export interface Way {
  /** Its address, without a slash at the end. */
  cloud: string;
  /** The file of `cloud_ca`, and what is in it; null for the authorities that Node trusts. */
  authority: string | null;
  ca: string | null;
  proxy: Proxy | null;
  /** Why no proxy is used, where one is named. */
  proxyWhy: string | null;
}

/** A way that is no way, before anybody was called. */
class WayFault extends Error {
  readonly code: "CA_UNREADABLE" | "PROXY_VARIABLE";

  constructor(code: WayFault["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Looked up for each connection: certificates are renewed while the agent runs. Throws a WayFault. */
export function wayTo(cloud: string, authority: string | null, environment = process.env): Way {
  const choice = proxyTo(cloud, environment);
  if (choice.kind === "fault") throw new WayFault("PROXY_VARIABLE", choice.why);
  return {
    cloud: cloud.replace(/\/+$/, ""),
    authority,
    ca: authority === null ? null : readAuthority(authority),
    proxy: choice.kind === "proxy" ? choice.proxy : null,
    proxyWhy: choice.kind === "direct" ? choice.why : null,
  };
}

/** Which proxy the environment names for the cloud. */
export function proxyTo(cloud: string, environment = process.env): ReturnType<typeof chooseProxy> {
  const encode = (text: string) => Buffer.from(text, "utf8").toString("base64");
  return chooseProxy(new URL(cloud), (name) => environment[name], encode);
}

function readAuthority(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  } catch (error) {
    throw new WayFault("CA_UNREADABLE", `cloud_ca cannot be read: ${messageOf(error)}`);
  }
  throw new WayFault("CA_UNREADABLE", `cloud_ca: expected certificates (PEM) in ${path}`);
}

/** Makes the connections, for `node:http` and `ws` alike. Whoever made it destroys it. */
export function agentOf({ cloud, ca, proxy }: Way): HttpAgent | HttpsAgent {
  // One that lasts: a new one for each heartbeat would be a handshake each.
  const lasting = { keepAlive: true, maxSockets: 1 };
  if (!cloud.startsWith("https:")) return new HttpAgent(lasting);
  // Said outright: NODE_TLS_REJECT_UNAUTHORIZED in the environment must not turn it off.
  const verified = { ...lasting, rejectUnauthorized: true, ...(ca === null ? {} : { ca }) };
  return proxy === null ? new HttpsAgent(verified) : new TunnelAgent(proxy, verified);
}

class TunnelAgent extends HttpsAgent {
  readonly #proxy: Proxy;
  #isOver = false;

  constructor(proxy: Proxy, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(options: RequestOptions, callback?: (error: Error | null, socket: Duplex) => void): null {
    openTunnel(this.#proxy, options.host ?? "", Number(options.port ?? 443)).then(
      (socket) => {
        // Nobody waits for it any more.
        if (this.#isOver) return void socket.destroy();
        const through: RequestOptions & Pick<ConnectionOptions, "socket"> = { ...options, socket };
        const secure = super.createConnection(through);
        if (secure !== null && secure !== undefined) callback?.(null, secure);
      },
      // With an error, the socket is not looked at.
      (error: Error) => callback?.(error, new Duplex()),
    );
    return null;
  }

  override destroy(): void {
    this.#isOver = true;
    super.destroy();
  }
}
