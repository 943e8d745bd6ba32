/** What a Fleet says of itself, since it woke. */
interface Figures {
  rowsWritten: number;
  databaseRowsWritten: number;
}

/** Counts what a day costs, as the platform would count it. */
export class Meter {
  alarms = 0;
  connections = 0;
  /** That agents said, without pings. */
  messages = 0;
  /** Of hosts that speak HTTP: each is a request, heartbeats too. */
  posts = 0;
  fleetRows = 0;
  databaseRows = 0;
  readonly #before = new Map<number, Figures>();

  /** Reads what a Fleet has written since this was read last. */
  read(fleet: number, figures: Figures): void {
    const before = this.#before.get(fleet) ?? { rowsWritten: 0, databaseRowsWritten: 0 };
    this.fleetRows += figures.rowsWritten - before.rowsWritten;
    this.databaseRows += figures.databaseRowsWritten - before.databaseRowsWritten;
    this.#before.set(fleet, figures);
  }

  /** It is put out of memory, and counts from nothing when it wakes. */
  woken(fleet: number): void {
    this.#before.delete(fleet);
  }
}
