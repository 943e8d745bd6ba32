import type { ServiceSpec } from "../spec.ts";

/** The names of services that a word stands for: `@backend` for those of a group, `web` for the instances of web. */
export type Groups = Record<string, string[]>;

/** The groups of services, and the names under which instances are written. */
export function groupsOf(services: readonly Pick<ServiceSpec, "name" | "groups" | "instance">[]): Groups {
  const groups = new Map<string, string[]>();
  for (const { name, groups: its, instance } of services)
    for (const group of [...its.map((each) => `@${each}`), ...(instance === null ? [] : [instance.of])])
      groups.set(group, [...(groups.get(group) ?? []), name]);
  return Object.fromEntries(groups);
}
