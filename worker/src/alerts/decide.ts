import type { News } from "./core/alert-types.ts";
import type { Said } from "./outbox.ts";
import type { Setup } from "./setup.ts";

/** Every opening is told, and every end of what was told, on every channel. */
export function decide(news: readonly News[], { channels }: Setup): Said {
  const notices = news.flatMap(({ incidentId, phase, atMs }) =>
    phase === "reworded" ? [] : [{ id: `${incidentId}.${phase}`, incidentId, phase, createdMs: atMs }],
  );
  const sends = notices.flatMap(({ id, incidentId }) =>
    channels.map((channel) => ({ noticeId: id, channelId: channel.id, lane: incidentId })),
  );
  return { notices, sends };
}
