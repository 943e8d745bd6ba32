import type { ServiceSnapshot } from "@afloat/shared/domain";

/** What agents did and met, counted for all of them together. */
export class Tally {
  welcomes = 0;
  changes = 0;
  /** Words of the cloud's errors, closing codes, and failed connections, each with how often. */
  readonly met = new Map<string, number>();
  /** When each change was made, by this process's clock, until it is seen on the page. */
  readonly madeMs = new Map<string, number>();

  welcomed(): void {
    this.welcomes++;
  }

  changed(hostId: string, snapshot: ServiceSnapshot): void {
    this.changes++;
    this.madeMs.set(changeKey(hostId, snapshot), performance.now());
  }

  refusal(code: string): void {
    this.#count(`told ${code}`);
  }

  cut(code: number): void {
    this.#count(`hung up on, ${code}`);
  }

  failure(words: string): void {
    this.#count(`not connected: ${words}`);
  }

  #count(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }
}

/** A change of a service is known again by since when it holds. */
export function changeKey(hostId: string, { name, sinceMs }: ServiceSnapshot): string {
  return `${hostId}/${name}/${sinceMs}`;
}
