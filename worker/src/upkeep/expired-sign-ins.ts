/** Rows removed of each kind in one run. */
const BATCH = 500;

/**
 * Removes sessions, codes and links that nobody can use any more: better-auth leaves them. Answers how many rows went, in
 * words; null where there were none.
 */
export async function removeExpiredSignIns(d1: D1Database, nowMs: number): Promise<string | null> {
  const results = await d1.batch([
    d1
      .prepare("delete from session where id in (select id from session where expires_at < ?1 limit ?2)")
      .bind(nowMs, BATCH),
    d1
      .prepare("delete from verification where id in (select id from verification where expires_at < ?1 limit ?2)")
      .bind(nowMs, BATCH),
  ]);
  const [sessions = 0, codes = 0] = results.map(({ meta }) => meta.changes);
  return sessions + codes === 0 ? null : `removed ${sessions} sessions, ${codes} codes and links`;
}
