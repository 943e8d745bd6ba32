import type { EndpointSpec } from "@afloat/shared/spec";

/** The addresses at which a host of a URL is called, in this order: `localhost` is two, whatever the resolver says. */
export function hostsOf(hostname: string): string[] {
  return hostname === "localhost" ? ["127.0.0.1", "::1"] : [hostname.replaceAll(/^\[|\]$/g, "")];
}

/** The port of a URL, also where it is the usual one of its scheme. */
export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === "https:" ? 443 : 80));
}

/** Where on this machine's loopback an endpoint is called; null where it is called otherwise, or elsewhere. */
export function addressesCalled(endpoint: EndpointSpec): { port: number; addresses: string[] } | null {
  if (endpoint.kind === "command" || (endpoint.kind === "http" && endpoint.socket !== null)) return null;
  const url = new URL(endpoint.url);
  const addresses = hostsOf(url.hostname);
  const isLoopback = addresses.every((address) => address === "::1" || address.startsWith("127."));
  return isLoopback ? { port: portOf(url), addresses } : null;
}
