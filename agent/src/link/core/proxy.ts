/** Which proxy stands between this host and an address, by the environment that curl, git and npm go by, too. */

/** A variable of the environment; undefined where it is not set. */
export type Variable = (name: string) => string | undefined;

export interface Proxy {
  protocol: "http:" | "https:";
  hostname: string;
  port: number;
  /** The header that opens it (RFC 7617); null where its address has no name in it. Never shown. */
  authorization: string | null;
  /** Its address without name and password. */
  shown: string;
  /** The variable that names it. */
  variable: string;
}

export type Choice =
  /** `why`: what may not be as it was meant; null where no proxy is named. */
  { kind: "direct"; why: string | null } | { kind: "proxy"; proxy: Proxy } | { kind: "fault"; why: string };

/** `encode` is base64 of UTF-8. */
export function chooseProxy(url: URL, variable: Variable, encode: (text: string) => string): Choice {
  if (isLoopback(bare(url.hostname))) return { kind: "direct", why: null };
  const named = namedBy(`${url.protocol.replace(":", "")}_proxy`, variable);
  if (named === null) {
    const other = url.protocol === "https:" ? namedBy("http_proxy", variable) : null;
    const why = `${other?.name} is for http only; for ${url.hostname} write HTTPS_PROXY`;
    return { kind: "direct", why: other === null ? null : why };
  }
  const without = namedBy("no_proxy", variable);
  if (without !== null && isExcepted(url, without.value)) {
    return { kind: "direct", why: `${without.name} excepts ${url.hostname} from ${named.name}` };
  }
  return parseProxy(named, encode);
}

/** In small letters first, as curl has it. An empty one is none. */
function namedBy(small: string, variable: Variable): { name: string; value: string } | null {
  for (const name of [small, small.toUpperCase()]) {
    const value = variable(name)?.trim() ?? "";
    if (value !== "") return { name, value };
  }
  return null;
}

function parseProxy({ name, value }: { name: string; value: string }, encode: (text: string) => string): Choice {
  // The value itself is not told: it may have a password in it.
  const expected = `expected ${name} to be like http://proxy.example.com:3128`;
  const text = value.includes("://") ? value : `http://${value}`;
  if (!URL.canParse(text)) return { kind: "fault", why: expected };
  const { protocol, hostname, port, username, password } = new URL(text);
  if (protocol !== "http:" && protocol !== "https:") return { kind: "fault", why: `${expected}, got ${protocol}//…` };
  const user = decoded(username);
  const secret = decoded(password);
  if (hostname === "" || user === null || secret === null) return { kind: "fault", why: expected };
  const own = Number(port === "" ? (protocol === "https:" ? 443 : 80) : port);
  return {
    kind: "proxy",
    proxy: {
      ...{ protocol, hostname: bare(hostname), port: own, variable: name },
      authorization: user === "" && secret === "" ? null : `Basic ${encode(`${user}:${secret}`)}`,
      shown: `${protocol}//${hostname}:${own}`,
    },
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // A % that begins no escape.
    return null;
  }
}

/**
 * NO_PROXY: names and everything below them (`example.com`, `.example.com`, `*.example.com`), addresses, IPv4 ranges
 * (`10.0.0.0/8`), each with or without a port; `*` for all. Commas or spaces between.
 */
function isExcepted(url: URL, list: string): boolean {
  const host = bare(url.hostname).toLowerCase().replace(/\.$/, "");
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === "*") return true;
      const [, name = "", wanted] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (name === "" || (wanted !== undefined && wanted !== port)) return false;
      const plain = bare(name).replace(/^\*?\.|\.$/g, "");
      return host === plain || (!isAddress(host) && host.endsWith(`.${plain}`)) || isInRange(host, plain);
    });
}

function isInRange(host: string, range: string): boolean {
  const [base = "", digits = ""] = range.split("/");
  const [address, first, bits] = [numberOf(host), numberOf(base), Number(digits)];
  if (address === null || first === null || !/^\d{1,2}$/.test(digits) || bits > 32) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(first / size);
}

/** An IPv4 address as a number. */
function numberOf(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  return parts === undefined || parts.some((part) => part > 255)
    ? null
    : parts.reduce((sum, part) => sum * 256 + part, 0);
}

const isAddress = (host: string) => host.includes(":") || numberOf(host) !== null;
const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, "$1");

/** No proxy reaches this machine's own loopback (as Go has it). */
const isLoopback = (host: string) => host === "localhost" || host === "::1" || (numberOf(host) ?? 0) >>> 24 === 127;
