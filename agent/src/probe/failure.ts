import { noteShortage } from "../process/shortage.ts";
import type { Outcome } from "./endpoint.ts";

/** What an error of a connection means for the endpoint. */
export function failureOf(error: NodeJS.ErrnoException): Outcome {
  noteShortage(error);
  switch (error.code) {
    case "ECONNREFUSED":
      return { kind: "refused", detail: error.message };
    case "ENOENT":
      return { kind: "refused", detail: `there is no ${"address" in error ? String(error.address) : "such socket"}` };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { kind: "dns", detail: error.message };
    case "ETIMEDOUT":
      return { kind: "timeout" };
    case "ECONNRESET":
    case "EPIPE":
      return { kind: "reset", detail: error.message };
    default:
      return /SSL|TLS|CERT/i.test(`${error.code} ${error.message}`)
        ? { kind: "tls", detail: oneLine(error.message) }
        : { kind: "reset", detail: error.message };
  }
}

/** OpenSSL ends its messages with a line end. */
const oneLine = (text: string) => text.trim().replaceAll(/\s*\n\s*/g, " ");
