import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { SecureContext } from "node:tls";
import type { TlsSpec } from "@afloat/shared/spec";

/** What a TLS connection is told. The file is read each time: certificates are renewed while the agent runs. Throws where it cannot be read. */
export function tlsOptions(tls: TlsSpec): { ca?: string; rejectUnauthorized: boolean } {
  return { rejectUnauthorized: tls.verify, ...(tls.ca === null ? {} : { ca: readFileSync(tls.ca, "utf8") }) };
}

/** The same, with what is costly made once for each authority: a context of its own for every call would be megabytes of garbage. */
export function sharedTlsOptions(
  tls: TlsSpec,
  make: (options: { ca?: string }) => SecureContext,
): { secureContext: SecureContext; rejectUnauthorized: boolean } {
  const { ca, rejectUnauthorized } = tlsOptions(tls);
  const known = contexts.get(tls.ca ?? "");
  if (known !== undefined && known.ca === ca) return { secureContext: known.context, rejectUnauthorized };
  const context = make(ca === undefined ? {} : { ca });
  contexts.set(tls.ca ?? "", { ca, context });
  return { secureContext: context, rejectUnauthorized };
}

/** By the path of the authority's file; of one that was renewed only the newest. */
const contexts = new Map<string, { ca: string | undefined; context: SecureContext }>();

/** Which name is asked for: an address is none (RFC 6066, 3); the certificate is held against it all the same. */
export function serverNameOf({ hostname }: URL): { servername?: string } {
  return isIP(hostname.replaceAll(/^\[|\]$/g, "")) === 0 ? { servername: hostname } : {};
}
