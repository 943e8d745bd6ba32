import { type Found, found, type HttpCase, tryWith } from "./case.ts";
import { headOf } from "./head.ts";
import { isLoopback } from "./hosts.ts";
import { anotherAddress } from "./remedy.ts";
import { holdersOf, listeners } from "../process/sockets.ts";

/** Programs that stand before others, as /proc or their `Server` and `Via` headers name them. */
const PROXIES =
  /\b(nginx|openresty|tengine|haproxy|envoy|istio-envoy|caddy|traefik|apache2?|httpd|squid|varnish|varnishd|lighttpd|h2o|pound|cloudflare|cloudflared|awselb|cloudfront|akamai\w*|docker-proxy|rootlessport|vercel|fly|google frontend|gunicorn-proxy)\b/i;

/** What a proxy answers when what is behind it does not (RFC 9110, 15.6.3 to 15.6.5). */
const GATEWAY_STATUSES = [502, 503, 504];

/** Is it somebody else who answers: a stranger that holds the port, or a proxy that says so in its headers? Null where it is not. */
export async function somebodyElse(at: HttpCase, status: number): Promise<Found | null> {
  if (at.endpoint.socket !== null) return null;
  const url = new URL(at.endpoint.url);
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const stranger = strangerAtPort(at, url, port);
  const proxy = await proxyIn(at, status);
  if (stranger === null && proxy === null) return null;
  const isProxy = proxy !== null || (stranger !== null && PROXIES.test(stranger.name));
  const direct = await firstOwnThatAnswers(at, url, port);
  // An address that somebody wrote out may be meant to be another program's.
  if (!isProxy && direct === null && !at.spec.ports.includes(port)) return null;
  const who =
    stranger === null
      ? ""
      : ` Port ${port} is held by pid ${stranger.pid} (${stranger.name}), which is not of this service.`;
  const said = proxy === null ? "" : ` It says \`${proxy}\`.`;
  const own = direct === null ? "" : ` Asked directly, the service's own port ${direct} answers as expected.`;
  const what = isProxy
    ? "A proxy answers in the place of the service."
    : "Another program answers in the place of the service.";
  const moved = direct === null ? null : anotherAddress(at, portMoved(url, direct), true);
  return found(at, isProxy ? "proxy" : "port-conflict", what, `${at.came}${who}${said}${own}`, moved);
}

/** Who holds the port that is asked, where that is nobody of the service; null where it is, or the system does not tell. */
function strangerAtPort(at: HttpCase, url: URL, port: number): { pid: number; name: string } | null {
  const { ownPorts } = at.evidence;
  if (ownPorts === null || ownPorts.includes(port) || !isLoopback(url.hostname)) return null;
  if (at.spec.portOwner === "any" && at.spec.ports.includes(port)) return null;
  const inodes = (listeners() ?? []).filter((each) => each.port === port).map(({ inode }) => inode);
  const [holder] = holdersOf(new Set(inodes)).values();
  return holder?.stat ?? null;
}

/** What a proxy says of itself; null where none does. Any server may be called nginx: only an answer for somebody behind it counts. */
async function proxyIn(at: HttpCase, status: number): Promise<string | null> {
  if (!GATEWAY_STATUSES.includes(status)) return null;
  const headers = (await headOf(at))?.headers;
  const via = headers?.get("via");
  if (via !== undefined) return `Via: ${via}`;
  const server = headers?.get("server");
  return server !== undefined && PROXIES.test(server) ? `Server: ${server}` : null;
}

/** How many of a service's other ports are tried. */
const PORTS_LIMIT = 10;

/** Of the ports that the service's own processes listen on, the first that answers as expected; null where none does. */
export async function firstOwnThatAnswers(at: HttpCase, url: URL, not: number): Promise<number | null> {
  const ports = (at.evidence.ownPorts ?? []).filter((port) => port !== not).slice(0, PORTS_LIMIT);
  for (const port of ports) {
    if ((await tryWith(at, { url: portMoved(url, port) })).kind === "ok") return port;
  }
  return null;
}

function portMoved(url: URL, port: number): string {
  return Object.assign(new URL(url), { port: String(port) }).href;
}
