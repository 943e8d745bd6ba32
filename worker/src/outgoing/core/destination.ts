import { type AddressClass, classOfV4, classOfV6, parseV4, parseV6 } from "./ip-address.ts";

/** Where requests may go. */
export interface Reach {
  /** Private and loopback addresses, plain http and names of the own network: opted into by who runs the server (`ALLOW_PRIVATE`). */
  allowPrivate: boolean;
}

const URL_LIMIT = 2000;
/** Names that mean the own machine or the own network (RFC 6761, RFC 6762, RFC 8375, and what ICANN keeps for private use). */
const PRIVATE_SUFFIXES = ["localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa"];
/** Names of metadata services, which answer with credentials: never, whatever is opted into. */
const METADATA_NAMES = ["metadata", "metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"];

/**
 * Why nothing is sent to this address, in words that say how to mend it; null where it may be sent. Checked when it is written and
 * again at each use. Where a name leads is the network's rule: the runtime itself stops what resolves to a private address.
 */
export function faultOfUrl(text: string, reach: Reach): string | null {
  if (text.length > URL_LIMIT) return `expected at most ${URL_LIMIT} characters, got ${text.length}`;
  if (!URL.canParse(text)) return "expected an address like https://example.com/hook";
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && reach.allowPrivate)) {
    return `expected https, got ${url.protocol.replace(":", "")}${url.protocol === "http:" ? `: ${OPT_IN}` : ""}`;
  }
  if (url.username !== "" || url.password !== "")
    return "a name or password in the address would end up in logs: leave it out";
  return faultOfHost(url.hostname, reach) ?? faultOfPort(url.port, reach);
}

/** The same of a host alone, as URL writes it: lower case, numbers as dotted decimals, IPv6 in brackets. */
export function faultOfHost(hostname: string, reach: Reach): string | null {
  const host = hostname.toLowerCase().replace(/\.+$/, "");
  const found = classOfHost(host);
  if (found === "public") return null;
  if (found === "never") return `nothing is sent to ${host}: it is a metadata service, or an address of no public host`;
  if (reach.allowPrivate) return null;
  return `${host} is this machine or its own network: expected a public address; ${OPT_IN}`;
}

const OPT_IN = "who runs the server may allow private addresses with ALLOW_PRIVATE";

function classOfHost(host: string): AddressClass {
  if (host === "" || METADATA_NAMES.includes(host)) return "never";
  if (host.startsWith("[")) {
    const groups = parseV6(host.slice(1, -1));
    return groups === null ? "never" : classOfV6(groups);
  }
  const v4 = parseV4(host);
  if (v4 !== null) return classOfV4(v4);
  const isOwn = PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
  return isOwn || !host.includes(".") ? "private" : "public";
}

/** Below 1024 live services that are no web servers. */
function faultOfPort(port: string, reach: Reach): string | null {
  if (port === "" || Number(port) >= 1024 || reach.allowPrivate) return null;
  return `expected port 443, or one from 1024, got ${port}`;
}
