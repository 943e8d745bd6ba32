import type { HostView, Rest } from "../live.ts";

/** How many these are, and how many of them are not heard though they should be. */
export function restOf(hosts: readonly HostView[]): Rest {
  return {
    hosts: hosts.length,
    silent: hosts.filter(isMissed).length,
    services: hosts.reduce((sum, { services }) => sum + services.length, 0),
  };
}

/** It is not heard, and not since it sleeps. */
export function isMissed({ link, absence }: Pick<HostView, "link" | "absence">): boolean {
  return link === "silent" || (link === "away" && absence?.why !== "asleep");
}
