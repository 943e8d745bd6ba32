import type { Role } from "@afloat/shared/domain";
import { createAccessControl } from "better-auth/plugins/access";
import { defaultStatements } from "better-auth/plugins/organization/access";

/** What members of an organization may do: one table, which better-auth and our own routes both go by. */
export const access = createAccessControl({
  ...defaultStatements,
  fleet: ["view", "command"],
  host: ["enrol", "revoke"],
  channel: ["view", "edit"],
} as const);

export const roles = {
  owner: access.newRole({
    organization: ["update", "delete"],
    member: ["create", "update", "delete"],
    invitation: ["create", "cancel"],
    fleet: ["view", "command"],
    host: ["enrol", "revoke"],
    channel: ["view", "edit"],
  }),
  admin: access.newRole({
    organization: ["update"],
    member: ["create", "update", "delete"],
    invitation: ["create", "cancel"],
    fleet: ["view", "command"],
    host: ["enrol", "revoke"],
    channel: ["view", "edit"],
  }),
  responder: access.newRole({ fleet: ["view", "command"], channel: ["view"] }),
  viewer: access.newRole({ fleet: ["view"] }),
} satisfies Record<Role, unknown>;

/** One thing a route asks before it does it. */
export type Permission =
  | "fleet:view"
  | "fleet:command"
  | "host:enrol"
  | "host:revoke"
  | "channel:view"
  | "channel:edit";

export function may(role: Role, permission: Permission): boolean {
  const [resource, action] = permission.split(":");
  return roles[role].authorize({ [resource ?? ""]: [action ?? ""] }).success;
}
