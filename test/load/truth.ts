import type { FleetUnderLoad } from "./fleet-under-load.ts";

/**
 * What the page shows and is not so, in words. What changed within the last `graceMs` may still be on its way. A host that
 * froze may be shown as online until its deadline, and is not looked at here; see `silentShown`.
 */
export function wrongOnPage({ agents, page }: Pick<FleetUnderLoad, "agents" | "page">, graceMs: number): string[] {
  const wrong: string[] = [];
  const wallMs = Date.now();
  for (const agent of agents) {
    const shown = page.hosts.get(agent.host.id);
    if (agent.presence !== "here" || performance.now() - agent.presenceMs < graceMs) continue;
    if (shown?.link !== "online") wrong.push(`${agent.host.name} is here, and shown as ${shown?.link ?? "nothing"}`);
    for (const { name, verdict, sinceMs } of agent.services.values()) {
      const is = shown?.verdicts.get(name);
      if (wallMs - sinceMs >= graceMs && is !== verdict) {
        wrong.push(`${agent.host.name}/${name} is ${verdict}, and shown as ${is ?? "nothing"}`);
      }
    }
  }
  return wrong;
}

/** How many of the frozen hosts are shown as silent, and how many there are. */
export function silentShown({ agents, page }: FleetUnderLoad): { shown: number; frozen: number } {
  const frozen = agents.filter(({ presence }) => presence === "frozen");
  const shown = frozen.filter(({ host }) => page.hosts.get(host.id)?.link === "silent").length;
  return { shown, frozen: frozen.length };
}

/** How long after its deadline the last of the frozen hosts was shown as silent, milliseconds; null where none froze. */
export function silentAfterMs({ agents, page }: FleetUnderLoad): number | null {
  const late = agents.flatMap(({ presence, host, heardMs }) => {
    const shownMs = page.silentMs.get(host.id);
    return presence === "frozen" && shownMs !== undefined ? shownMs - heardMs - host.offlineAfterMs : [];
  });
  return late.length === 0 ? null : Math.max(...late);
}

/** What D1 does not have of all that the hosts told, in words; nothing where all of it is recorded, once. */
export function lostInDatabase(fleet: FleetUnderLoad): string[] {
  const { flips, seqs } = fleet.recorded();
  const told = fleet.agents.filter(({ presence }) => presence === "here");
  const behind = told.flatMap(({ host, lastSeq }) => {
    const seq = seqs.get(host.id) ?? 0;
    return seq === lastSeq ? [] : `${host.name} told ${lastSeq} events, and ${seq} are recorded`;
  });
  const expected = fleet.agents.reduce((sum, agent) => sum + agent.flips, 0);
  // There may be more: of a verdict that stays, what the public sees of it may have changed.
  return flips < expected ? [...behind, `${expected} changes were told, and ${flips} are recorded`] : behind;
}
