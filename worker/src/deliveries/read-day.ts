import type { ChannelRows } from "./core/lag.ts";

/** Attempts that are looked through: of a night with more of them, the last. */
export const LOOKED_THROUGH = 5_000;
const DAY_MS = 86_400_000;

/**
 * What was heard again, since a person asked for it, was heard before: by an index of each message it is left out. A channel without attempts has
 * a row all the same.
 */
const READ = `
  with recent as materialized (
    select notice_id, channel_id, at_ms, ok, status from delivery
    where organization_id = ?1 and at_ms >= ?2 order by at_ms desc limit ${LOOKED_THROUGH}
  ), first_heard as (
    select channel_id, notice_id, min(at_ms) as at_ms from recent where ok = 1 group by channel_id, notice_id
  ), told_after as materialized (
    select first_heard.channel_id, max(0, first_heard.at_ms - coalesce(notice.message ->> 'atMs', notice.created_ms)) as ms
    from first_heard cross join notice on notice.id = first_heard.notice_id
    where not exists (
      select 1 from delivery as earlier
      where earlier.notice_id = first_heard.notice_id and earlier.channel_id = first_heard.channel_id and earlier.ok = 1 and earlier.at_ms < ?2
    )
  ), failure as materialized (
    select channel_id, count(*) as failed, max(at_ms) as at_ms, status from recent where ok = 0 group by channel_id
  )
  select channel.id as channelId, channel.name as channel, channel.disabled_ms is not null as isOff, coalesce(failed, 0) as failed,
    failure.at_ms as failedMs, failure.status as failedStatus,
    (select json_group_array(ms) from told_after where told_after.channel_id = channel.id) as lags
  from channel left join failure on failure.channel_id = channel.id
  where channel.organization_id = ?1 and channel.removed_ms is null
  order by channel.created_ms, channel.id`;

/** What an organization's channels heard and did not hear in the last day, by an index and up to a limit. */
export async function readDay(d1: D1Database, organizationId: string, nowMs: number): Promise<ChannelRows[]> {
  const { results } = await d1
    .prepare(READ)
    .bind(organizationId, nowMs - DAY_MS)
    .all<Omit<ChannelRows, "lagsMs" | "isOff"> & { lags: string; isOff: 0 | 1 }>();
  return results.map(({ lags, isOff, ...row }) => {
    const lagsMs: number[] = JSON.parse(lags);
    return { ...row, isOff: isOff === 1, lagsMs };
  });
}
