import { DatabaseSync } from "node:sqlite";
import type { House } from "../stories/house/house.ts";
import { d1File } from "./records.ts";

/** Makes D1 fail for real: another connection holds its file, and no write of the cloud goes through until this is let go. */
export class D1Lock {
  #held: DatabaseSync | null = null;

  get isHeld(): boolean {
    return this.#held !== null;
  }

  take(house: House): void {
    if (this.#held !== null) return;
    const db = new DatabaseSync(d1File(house), { timeout: 5_000 });
    db.exec("begin immediate");
    this.#held = db;
  }

  letGo(): void {
    this.#held?.exec("rollback");
    this.#held?.close();
    this.#held = null;
  }
}
