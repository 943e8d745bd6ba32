import { env } from "cloudflare:workers";
import { afterAll } from "vitest";

/** Hears every statement that is prepared, of tests and of the Worker, with the first values that it is bound to. */
const heard = new Map<string, readonly unknown[]>();
const textOf = new WeakMap<object, string>();
const database: D1Database = Object.getPrototypeOf(env.DB);
const statement: D1PreparedStatement = Object.getPrototypeOf(env.DB.prepare("select 1"));

database.prepare = new Proxy(database.prepare.bind(env.DB), {
  apply: (prepare, _of, [text]: [string]) => {
    if (!heard.has(text)) heard.set(text, []);
    const prepared = prepare(text);
    textOf.set(prepared, text);
    return prepared;
  },
});

Object.defineProperty(statement, "bind", {
  value: new Proxy(Object.getOwnPropertyDescriptor(statement, "bind")?.value, {
    apply: (bind, of: D1PreparedStatement, values: unknown[]) => {
      const text = textOf.get(of);
      if (text !== undefined && heard.get(text)?.length === 0) heard.set(text, values);
      return Reflect.apply(bind, of, values);
    },
  }),
});

afterAll(() => {
  for (const [text, values] of heard) console.log(`SPOKEN ${JSON.stringify({ text, values })}`);
});
