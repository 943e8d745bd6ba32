import { runInDurableObject } from "cloudflare:test";

/** Rows written to an object's own disk since this was called, each setting of its alarm among them, and calls that it was woken by. */
export async function countObjectRows(object: DurableObjectStub): Promise<{ now: () => number }> {
  let rows = 0;
  const by = new Map<string, number>();
  (globalThis as any).BY = by;
  await runInDurableObject(object, (_, { storage }) => {
    const sql: object = Object.getPrototypeOf(storage.sql);
    const exec: (...values: unknown[]) => SqlStorageCursor<Record<string, SqlStorageValue>> = Reflect.get(sql, "exec");
    Reflect.set(sql, "exec", function counted(this: unknown, ...values: unknown[]) {
      const cursor = exec.apply(this, values);
      rows += cursor.rowsWritten;
      if (cursor.rowsWritten > 0) {
        const k =
          String(values[0]).slice(0, 40) + (String(values[0]).includes("alert_row") ? " " + String(values[1]) : "");
        by.set(k, (by.get(k) ?? 0) + cursor.rowsWritten);
      }
      return cursor;
    });
    const disk: object = Object.getPrototypeOf(storage);
    const setAlarm: (...values: unknown[]) => unknown = Reflect.get(disk, "setAlarm");
    Reflect.set(disk, "setAlarm", function counted(this: unknown, ...values: unknown[]) {
      rows += 1;
      (globalThis as any).LOG?.push(
        `set ${Date.now() - (globalThis as any).T0} for +${Number(values[0]) - Date.now()}`,
      );
      by.set("alarm", (by.get("alarm") ?? 0) + 1);
      return setAlarm.apply(this, values);
    });
  });
  return { now: () => rows };
}
