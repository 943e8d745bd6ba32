import type { AlertRow } from "./alert-types.ts";

/** Something is due. It counts only while the row says the same. */
export interface Due {
  dueMs: number;
  kind: AlertRow["kind"];
  id: string;
}

/**
 * A binary heap of what is due, the earliest first: ten thousand incidents wait, and one alarm asks for the next. What was put in is never taken out
 * from the middle; what does not count any more is dropped when it comes to the top.
 */
export function pushDue(heap: Due[], due: Due): void {
  heap.push(due);
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (dueAt(heap, parent) <= due.dueMs) break;
    swap(heap, at, parent);
    at = parent;
  }
}

/** Drops the earliest while `counts` says that it does not count. */
export function settleDue(heap: Due[], counts: (due: Due) => boolean): void {
  for (let [first] = heap; first !== undefined && !counts(first); [first] = heap) {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    sink(heap);
  }
}

/** All that is due by now, the earliest first; the heap stays as it is. */
export function dueBy(heap: readonly Due[], nowMs: number): Due[] {
  const found: Due[] = [];
  const stack = [0];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const due = heap[at];
    if (due === undefined || due.dueMs > nowMs) continue;
    found.push(due);
    stack.push(2 * at + 1, 2 * at + 2);
  }
  return found.sort(inOrder);
}

/** What was due first, first; of one moment what is held before the alerts that it joins. */
function inOrder(a: Due, b: Due): number {
  return a.dueMs - b.dueMs || RANK[a.kind] - RANK[b.kind] || (a.id < b.id ? -1 : Number(a.id > b.id));
}

const RANK: Record<AlertRow["kind"], number> = { flap: 0, incident: 1, alert: 2, storm: 3 };

function sink(heap: Due[]): void {
  for (let at = 0; ;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    const least = dueAt(heap, right) < dueAt(heap, left) ? right : left;
    if (dueAt(heap, least) >= dueAt(heap, at)) return;
    swap(heap, at, least);
    at = least;
  }
}

function dueAt(heap: readonly Due[], at: number): number {
  return heap[at]?.dueMs ?? Number.POSITIVE_INFINITY;
}

function swap(heap: Due[], a: number, b: number): void {
  const [x, y] = [heap[a], heap[b]];
  if (x === undefined || y === undefined) return;
  heap[a] = y;
  heap[b] = x;
}
