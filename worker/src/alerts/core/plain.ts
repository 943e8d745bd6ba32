import type { Message, News, Setup } from "./alert-types.ts";

/**
 * What is told where the rules themselves fail: every opening and every end, on every channel, in the Fleet's own words. Too much is better than nothing at three
 * in the morning.
 */
export function plainMessages(news: readonly News[], { channels }: Setup): Message[] {
  const channelIds = channels.flatMap(({ id, isOff }) => (isOff ? [] : id));
  if (channelIds.length === 0) return [];
  return news.flatMap(({ incidentId, phase, atMs, incident, late }) => {
    if (phase === "reworded") return [];
    const { kind, hostId, hostName, serviceName, title, cause, openedMs, evidence } = incident;
    const isOver = phase === "closed";
    const closedMs = isOver ? incident.closedMs : null;
    const facts = { kind, hostId, hostName, serviceName, title, cause, openedMs, closedMs, evidence };
    return {
      ...{
        id: `${incidentId}.${phase}`,
        alertId: incidentId,
        phase,
        severity: "error",
        isQuiet: late,
        atMs,
        channelIds,
      },
      ...{ title: isOver ? `Over: ${title}` : title, lines: [`${cause}.`], next: [], more: 0 },
      lastLines: isOver ? [] : evidence.lastLines,
      actions: [{ kind: "open", label: "Open", path: `/app/incident/${incidentId}` }],
      incidents: [{ id: incidentId, ...facts, isNew: !isOver }],
    };
  });
}
