import { readFileSync } from "node:fs";
import type { TlsSpec } from "@afloat/shared/spec";

/** What a TLS connection is told. The file is read each time: certificates are renewed while the agent runs. Throws where it cannot be read. */
export function tlsOptions(tls: TlsSpec): { ca?: string; rejectUnauthorized: boolean } {
  return { rejectUnauthorized: tls.verify, ...(tls.ca === null ? {} : { ca: readFileSync(tls.ca, "utf8") }) };
}
