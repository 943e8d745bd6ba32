import { type Role, VERBS, type Verb } from "@afloat/shared/domain";
import { createAccessControl } from "better-auth/plugins/access";
import { defaultStatements } from "better-auth/plugins/organization/access";

/**
 * What a responder may ask of a service: all that brings it back, or looks. To take it away from its users, and to leave it so, is
 * for those who answer for it.
 */
const RESPONDER_VERBS = ["restart", "start", "resume", "check", "logs"] as const satisfies readonly Verb[];

/** What members of an organization may do: one table, which better-auth and our own routes both go by. */
export const access = createAccessControl({
  ...defaultStatements,
  fleet: ["view"],
  service: VERBS,
  host: ["enrol", "revoke"],
  channel: ["view", "edit"],
  rule: ["view", "edit"],
  silence: ["view", "edit"],
  incident: ["acknowledge", "note"],
  delivery: ["repeat"],
  heartbeat: ["edit"],
  usage: ["view"],
  maintenance: ["view", "edit"],
  retention: ["edit"],
} as const);

export const roles = {
  owner: access.newRole({
    organization: ["update", "delete"],
    member: ["create", "update", "delete"],
    invitation: ["create", "cancel"],
    fleet: ["view"],
    service: [...VERBS],
    host: ["enrol", "revoke"],
    channel: ["view", "edit"],
    rule: ["view", "edit"],
    silence: ["view", "edit"],
    incident: ["acknowledge", "note"],
    delivery: ["repeat"],
    heartbeat: ["edit"],
    usage: ["view"],
    maintenance: ["view", "edit"],
    retention: ["edit"],
  }),
  admin: access.newRole({
    organization: ["update"],
    member: ["create", "update", "delete"],
    invitation: ["create", "cancel"],
    fleet: ["view"],
    service: [...VERBS],
    host: ["enrol", "revoke"],
    channel: ["view", "edit"],
    rule: ["view", "edit"],
    silence: ["view", "edit"],
    incident: ["acknowledge", "note"],
    delivery: ["repeat"],
    heartbeat: ["edit"],
    usage: ["view"],
    maintenance: ["view", "edit"],
    retention: ["edit"],
  }),
  responder: access.newRole({
    fleet: ["view"],
    service: [...RESPONDER_VERBS],
    channel: ["view"],
    rule: ["view"],
    silence: ["view", "edit"],
    incident: ["acknowledge", "note"],
    delivery: ["repeat"],
    maintenance: ["view", "edit"],
  }),
  viewer: access.newRole({ fleet: ["view"], silence: ["view"], maintenance: ["view"] }),
} satisfies Record<Role, unknown>;

/** One thing a route asks before it does it. */
export type Permission =
  | "fleet:view"
  | `service:${Verb}`
  | "host:enrol"
  | "host:revoke"
  | "channel:view"
  | "channel:edit"
  | "rule:view"
  | "rule:edit"
  | "silence:view"
  | "silence:edit"
  | "incident:acknowledge"
  | "incident:note"
  | "delivery:repeat"
  | "heartbeat:edit"
  | "usage:view"
  | "maintenance:view"
  | "maintenance:edit"
  | "retention:edit";

export function may(role: Role, permission: Permission): boolean {
  const [resource, action] = permission.split(":");
  return roles[role].authorize({ [resource ?? ""]: [action ?? ""] }).success;
}

/** What this role may ask of services. */
export function verbsOf(role: Role): Verb[] {
  return VERBS.filter((verb) => may(role, `service:${verb}`));
}
