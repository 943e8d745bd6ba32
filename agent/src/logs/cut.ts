import { statSync, truncateSync } from "node:fs";
import type { LogSpec } from "@afloat/shared/spec";
import { BLOCK, collapse, punch } from "./holes.ts";
import { type Ledger, type LogPlace, withGap } from "./ledger.ts";
import { listPieces, prunePieces, writePiece } from "./pieces.ts";

/** What a cut needs of the log's keeper. */
export interface Cutting {
  place: LogPlace;
  spec: LogSpec;
  ledger: () => Ledger;
  /** Writes the changed ledger; throws where the disk does not take it. */
  note: (changes: Partial<Ledger>) => void;
  nowMs: () => number;
  /** Whether every writer appends: else bytes may be given back, but not taken out. */
  appendedOnly: () => boolean;
}

/** Puts what is too much behind, removes old pieces, and gives the room back to the disk. */
export async function cut(cutting: Cutting): Promise<void> {
  const { place, spec } = cutting;
  dropFlood(cutting);
  // No more at once than is kept: whoever writes faster than we copy is looked at again, after the disk has its room back.
  for (let pieces = 0; pieces <= spec.keep; pieces++) if (!(await cutOne(cutting))) break;
  prunePieces(place.dir, spec, Date.now());
  await release(cutting);
}

/** False where there is no more to put behind. */
async function cutOne({ place, spec, ledger, note }: Cutting): Promise<boolean> {
  const { base, behind } = ledger();
  const start = behind - base;
  const size = statSync(place.live).size;
  const step = Math.max(BLOCK, Math.ceil(spec.maxBytes / BLOCK) * BLOCK);
  // Up to a block's end, and never all: that is what collapsing asks for. A line may be split; the next piece has the rest.
  const end = alignedDown(Math.min(start + step, size - 1));
  if (end <= start || size - start <= spec.maxBytes) return false;
  const range = { start, from: behind, to: base + end };
  if (spec.keep > 0) await writePiece(place.live, place.dir, range, spec.compress);
  note({ behind: base + end });
  return true;
}

/** More than would be kept is not even copied: a flood must not fill the disk while we copy what is thrown away after. */
function dropFlood(cutting: Cutting): void {
  const { place, spec, ledger, note, nowMs } = cutting;
  const { base, behind } = ledger();
  const size = statSync(place.live).size;
  const keptBytes = (spec.keep + 1) * spec.maxBytes;
  const start = alignedDown(size - keptBytes);
  if (start <= behind - base || base + size - behind <= 2 * keptBytes) return;
  const bytes = base + start - behind;
  const atMs = Math.round(nowMs());
  const { gaps } = withGap(ledger(), { at: behind, bytes, fromMs: atMs, toMs: atMs, why: "flood" });
  note({ behind: base + start, gaps });
}

/** Gives back the room of what is behind: by a hole, which is taken out where that can be done. */
async function release(cutting: Cutting): Promise<void> {
  const { place, ledger, note } = cutting;
  const { base, behind } = ledger();
  const length = behind - base;
  if (length <= 0) return;
  if (!(await punch(place.live, length))) return truncateAfterCopy(cutting);
  const blocks = alignedDown(length);
  if (blocks === 0 || !cutting.appendedOnly()) return;
  note({ collapsing: blocks });
  const done = await collapse(place.live, blocks);
  note(done ? { base: base + blocks, collapsing: 0 } : { collapsing: 0 });
}

/**
 * The way of old, for systems without holes: what was written between the last copied byte and the truncation is lost, and
 * counted as far as it can be.
 */
async function truncateAfterCopy({ place, spec, ledger, note }: Cutting): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { base, behind } = ledger();
    const size = statSync(place.live).size;
    if (base + size === behind) break;
    const range = { start: behind - base, from: behind, to: base + size };
    if (spec.keep > 0) await writePiece(place.live, place.dir, range, spec.compress);
    note({ behind: base + size });
  }
  const end = ledger().base + statSync(place.live).size;
  truncateSync(place.live);
  const bytes = end - ledger().behind;
  const atMs = Date.now();
  const gaps = withGap(ledger(), { at: end, bytes, fromMs: atMs, toMs: atMs, why: "cut-short" }).gaps;
  note({ base: end, behind: end, end, ...(bytes > 0 ? { gaps } : {}) });
}

/** Up to which offset pieces are on disk, where an agent died before it could note that. */
export function behindOf(place: LogPlace, behind: number): number {
  let reached = behind;
  for (const piece of listPieces(place.dir)) if (piece.from === reached) reached = piece.to;
  return reached;
}

const alignedDown = (offset: number) => Math.floor(offset / BLOCK) * BLOCK;
