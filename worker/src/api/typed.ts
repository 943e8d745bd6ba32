import type { Context } from "hono";
import * as v from "valibot";
import type { Guarded } from "./guard.ts";
import { readJson } from "./problem.ts";

const BODY_LIMIT_BYTES = 64 * 1024;

/** What is no text is as good as nothing: each field then says what it expects. A list of names is one a line. */
export const typedText = v.pipe(
  v.fallback(v.union([v.string(), v.array(v.string())]), ""),
  v.transform((said) => (typeof said === "string" ? said : said.join("\n"))),
);
/** Several of what is chosen; one alone comes as text. */
export const typedList = v.pipe(
  v.fallback(v.union([v.string(), v.array(v.string())]), []),
  v.transform((said) => (typeof said === "string" ? [said] : said)),
);

export function isJson(c: Context<Guarded>): boolean {
  return (c.req.header("content-type") ?? "").includes("application/json");
}

/** What a person typed, as a form or as JSON; a field that comes several times is a list. */
export async function readTyped(c: Context<Guarded>): Promise<object> {
  if (isJson(c)) {
    const said = v.safeParse(v.record(v.string(), v.unknown()), await readJson(c.req.raw, BODY_LIMIT_BYTES));
    return said.success ? said.output : {};
  }
  const typed = await c.req.formData();
  const names = [...new Set(typed.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const all = typed.getAll(name).filter((value) => typeof value === "string");
      return [name, all.length > 1 ? all : all[0]];
    }),
  );
}

/** What is wrong with it, by field. */
export function wrong(c: Context<Guarded>, faults: Partial<Record<string, string>>): Response {
  const said = Object.entries(faults).map(([name, fault]) => `${name}: ${fault}`);
  return c.json({ error: { code: "bad-request", message: said.join("; "), fields: faults } }, 400);
}
