import { ROLES, type Role } from "@afloat/shared/domain";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import * as v from "valibot";
import { authFor } from "../auth/auth.ts";
import { member, organization } from "../db/auth-schema.ts";
import type { Env } from "../env.ts";

/** Who asks, and for which organization: what every page and command of a signed-in person goes by. */
export interface Scope {
  organization: { id: string; name: string; slug: string };
  person: { id: string; name: string; email: string };
  role: Role;
}

export type Asking =
  | { kind: "member"; scope: Scope }
  /** Signed in, but in no organization. */
  | { kind: "nobody"; email: string }
  | { kind: "signed-out" };

/** Reads session and membership. Membership comes from D1 each time: who is removed is out with the next request. */
export async function whoAsks(env: Env, headers: Headers): Promise<Asking> {
  const found = await authFor(env).api.getSession({ headers });
  if (found === null) return { kind: "signed-out" };
  const { user, session } = found;
  const rows = await drizzle(env.DB)
    .select({ id: organization.id, name: organization.name, slug: organization.slug, role: member.role })
    .from(member)
    .innerJoin(organization, eq(organization.id, member.organizationId))
    .where(eq(member.userId, user.id))
    .orderBy(member.createdAt);
  const row = rows.find(({ id }) => id === session.activeOrganizationId) ?? rows[0];
  // A role that this version does not know may do nothing.
  const role = v.safeParse(v.picklist(ROLES), row?.role);
  if (row === undefined || !role.success) return { kind: "nobody", email: user.email };
  const { id, name, slug } = row;
  return {
    kind: "member",
    scope: {
      organization: { id, name, slug },
      person: { id: user.id, name: user.name, email: user.email },
      role: role.output,
    },
  };
}
