import { dayStartMs } from "@afloat/shared/core/moment";

/** What came to be known of a host's past. */
export interface Late {
  id: string;
  organizationId: string;
  /** The start of the first UTC day that it changes. */
  fromMs: number;
}

/** Of these moments of a host, those before today: the days from the earliest on have to be folded again. None: null. */
export function lateOf(
  host: { id: string; organizationId: string },
  atMs: readonly number[],
  nowMs: number,
): Late | null {
  const fromMs = dayStartMs(Math.min(...atMs));
  return atMs.length === 0 || fromMs >= dayStartMs(nowMs) ? null : { ...host, fromMs };
}

/**
 * Has days folded again: from there on a page reads the flips at once, and the next upkeep folds them. With one bound value, the
 * JSON of many `Late`. Never further back than there are flips: of what was removed, the folded days are all that is left. In its batch
 * it comes right behind the statement that writes the flips: where that wrote none, all of them were there already.
 */
export const FOLD_AGAIN = `
  update host set fold_turn = fold_turn + 1,
    folded_until_ms = min(folded_until_ms, max(value ->> 'fromMs', flips_from_ms))
  from json_each(?)
  where changes() > 0 and host.id = value ->> 'id' and host.organization_id = value ->> 'organizationId'`;
