/** The same database, and how many rows were read through it: what D1 is paid for. */
export function countRowsRead(d1: D1Database): { d1: D1Database; rowsRead: () => number } {
  let sum = 0;
  const counted = (statement: D1PreparedStatement): D1PreparedStatement =>
    proxyOf(statement, {
      bind: (...values: unknown[]) => counted(statement.bind(...values)),
      all: async () => {
        const result = await statement.all();
        sum += result.meta.rows_read;
        return result;
      },
      // It answers rows alone; the same statement is asked once more for what it reads.
      raw: async () => {
        const { meta } = await statement.all();
        sum += meta.rows_read;
        return statement.raw();
      },
    });
  const instead = {
    prepare: (query: string) => counted(d1.prepare(query)),
    batch: async (statements: D1PreparedStatement[]) => {
      const results = await d1.batch(statements);
      for (const { meta } of results) sum += meta.rows_read;
      return results;
    },
  };
  return { d1: proxyOf(d1, instead), rowsRead: () => sum };
}

/** An object with some of its methods replaced. */
function proxyOf<T extends object>(of: T, instead: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(of, { get: (target, name) => Reflect.get(name in instead ? instead : target, name) });
}
