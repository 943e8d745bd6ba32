/** One attempt to tell one channel, as it is recorded. */
export interface AttemptRow {
  noticeId: string;
  channelId: string;
  channel: string;
  attempt: number;
  atMs: number;
  ok: boolean;
  /** heard, retry or refused; null of an earlier version. */
  outcome: string | null;
  status: number | null;
  answer: string;
  tookMs: number;
  /** When its message was first heard there; null where it was not. */
  heardMs: number | null;
  incidentId: string;
  title: string;
  phase: string;
  /** When it was to be told. */
  createdMs: number;
}

/** One message to one channel, with every attempt, the newest first. */
export interface Telling {
  noticeId: string;
  channelId: string;
  channel: string;
  incidentId: string;
  title: string;
  phase: string;
  createdMs: number;
  attempts: AttemptRow[];
  /** How long after it was to be told it was heard, milliseconds; null where it was not. */
  lagMs: number | null;
  /** The channel will never take it: it is not sent again by itself. */
  isRefused: boolean;
}

/** Attempts by what was to be told and to whom: first what was not heard, then the rest, the latest attempt first. */
export function tellingsOf(rows: readonly AttemptRow[]): Telling[] {
  const byTelling = Map.groupBy(rows, ({ noticeId, channelId }) => `${noticeId}/${channelId}`);
  const tellings = [...byTelling.values()].flatMap((of) => tellingOf(of) ?? []);
  return tellings.sort((a, b) => Number(a.lagMs !== null) - Number(b.lagMs !== null) || latestMs(b) - latestMs(a));
}

/** How many of these were heard, and how late: half of them within `p50Ms`. Null where none was. */
export function lagOf(tellings: readonly Telling[]): { heard: number; p50Ms: number; p95Ms: number } | null {
  const lags = tellings.flatMap(({ lagMs }) => lagMs ?? []).sort((a, b) => a - b);
  const rank = (share: number) => lags[Math.ceil(lags.length * share) - 1];
  const [p50Ms, p95Ms] = [rank(0.5), rank(0.95)];
  return p50Ms === undefined || p95Ms === undefined ? null : { heard: lags.length, p50Ms, p95Ms };
}

function tellingOf(rows: readonly AttemptRow[]): Telling | null {
  const attempts = rows.toSorted((a, b) => b.atMs - a.atMs || b.attempt - a.attempt);
  const [last] = attempts;
  if (last === undefined) return null;
  const { noticeId, channelId, channel, incidentId, title, phase, createdMs, heardMs } = last;
  const lagMs = heardMs === null ? null : Math.max(0, heardMs - createdMs);
  const isRefused = lagMs === null && last.outcome === "refused";
  return { noticeId, channelId, channel, incidentId, title, phase, createdMs, attempts, lagMs, isRefused };
}

function latestMs({ attempts }: Telling): number {
  return attempts[0]?.atMs ?? 0;
}
