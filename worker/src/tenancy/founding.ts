import * as v from "valibot";
import { freshId } from "../auth/ids.ts";
import type { Actor, Records } from "./records.ts";

/** What an organization is called in addresses: `/s/aurora`. */
export const organizationSlug = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "expected a-z, 0-9 and dashes, 63 characters at most"),
);
export const organizationName = v.pipe(v.string(), v.trim(), v.minLength(1, "expected a name"), v.maxLength(100));

/** Every organization begins with a status page of all its services, under its own name. */
export async function makeFirstPage(
  records: Records,
  { slug, title }: { slug: string; title: string },
  actor: Actor,
): Promise<void> {
  const nowMs = Date.now();
  await records.addStatusPage(
    { id: freshId(), slug, title, shows: "all", publishedMs: nowMs, createdMs: nowMs },
    actor,
  );
}
