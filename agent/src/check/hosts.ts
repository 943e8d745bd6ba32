import { networkInterfaces } from "node:os";
import type { HttpCase } from "./case.ts";

/** True for a name or address that never leaves this machine by the network. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === "[::1]";
}

/** True for one of this machine's own addresses. */
export function isOwnAddress(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return (
    isLoopback(hostname) ||
    Object.values(networkInterfaces()).some((each) => each?.some((one) => one.address === address))
  );
}

/** True where a call of it goes no further than a call of the endpoint itself. */
export function isThisHost(hostname: string, { endpoint }: HttpCase): boolean {
  return isLoopback(hostname) || hostname === new URL(endpoint.url).hostname;
}
