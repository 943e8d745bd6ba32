import { env } from "cloudflare:workers";

interface Counted {
  results?: unknown[];
  meta: { rows_read: number; rows_written: number };
}

/** Rows that D1 says it read and wrote since this was called, whoever asked: of this isolate, the Fleet's and the Worker's alike. */
export function countDatabaseRows(): { now: () => { read: number; written: number } } {
  let [read, written] = [0, 0];
  const add = <T extends Counted>(result: T): T => {
    read += result.meta.rows_read;
    written += result.meta.rows_written;
    return result;
  };
  const database: object = Object.getPrototypeOf(env.DB);
  const statement: object = Object.getPrototypeOf(env.DB.prepare("select 1"));
  around(database, "batch", (results: Counted[]) => results.map(add));
  for (const name of ["all", "run"]) around(statement, name, (result: Counted) => add(result));
  return { now: () => ({ read, written }) };
}

function around<T>(of: object, name: string, look: (answer: T) => T): void {
  const was: (...values: unknown[]) => Promise<T> = Reflect.get(of, name);
  Reflect.set(of, name, async function counted(this: unknown, ...values: unknown[]) {
    return look(await was.apply(this, values));
  });
}

/** Bytes of the whole database, by its own word. */
export async function databaseBytes(): Promise<number> {
  const { meta } = await env.DB.prepare("select 1").all();
  return meta.size_after;
}

/** What the bench reads out of what is printed. */
export function say(figures: object): void {
  console.log(`FIGURES ${JSON.stringify(figures)}`);
}
