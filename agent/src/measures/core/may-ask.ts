import type { MetricsSpec } from "@afloat/shared/spec";

/**
 * May a request with this Host header be answered? A page in somebody's browser may have a name that leads to 127.0.0.1 (DNS
 * rebinding), but it cannot hide that name: so only names that nobody else can hold are answered, and the address that was
 * configured. Where every address of the host is listened on, any address will do, and the host's own name.
 */
export function mayAsk(hostHeader: string | undefined, { address }: MetricsSpec, hostName: string): boolean {
  // HTTP/1.0 has none, and no browser speaks it.
  if (hostHeader === undefined) return true;
  const name = nameOf(hostHeader);
  if (name === address.toLowerCase() || isLoopback(name)) return true;
  const isAny = address === "0.0.0.0" || address === "::";
  return isAny && (isAddress(name) || name === hostName.toLowerCase());
}

function nameOf(hostHeader: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(hostHeader.trim().toLowerCase()) ?? [];
  return bracketed ?? plain ?? "";
}

const isLoopback = (name: string) => name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);

const isAddress = (name: string) => /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^[0-9a-f]*:[0-9a-f:.]*$/.test(name);
