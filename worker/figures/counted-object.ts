import { runInDurableObject } from "cloudflare:test";

/** Rows written to objects' own disks since this was called, each setting of an alarm among them. */
export async function countObjectRows(object: DurableObjectStub): Promise<{ now: () => number }> {
  let rows = 0;
  await runInDurableObject(object, (_, { storage }) => {
    const sql: object = Object.getPrototypeOf(storage.sql);
    around(sql, "exec", (cursor: { rowsWritten: number }) => (rows += cursor.rowsWritten));
    around(Object.getPrototypeOf(storage), "setAlarm", () => (rows += 1));
  });
  return { now: () => rows };
}

function around<T>(of: object, name: string, look: (answer: T) => void): void {
  const was: (...values: unknown[]) => T = Reflect.get(of, name);
  Reflect.set(of, name, function counted(this: unknown, ...values: unknown[]) {
    const answer = was.apply(this, values);
    look(answer);
    return answer;
  });
}
