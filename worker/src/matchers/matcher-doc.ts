import { INCIDENT_KINDS } from "@afloat/shared/domain";
import * as v from "valibot";

const names = v.optional(v.array(v.pipe(v.string(), v.maxLength(255))));

/** What a rule or a silence is about, as it is stored: a kind that this version does not know is left out. */
export const matcherDoc = v.object({
  kinds: v.optional(
    v.pipe(
      v.array(v.string()),
      v.transform((kinds) => INCIDENT_KINDS.filter((kind) => kinds.includes(kind))),
    ),
  ),
  hosts: names,
  services: names,
  tags: names,
});
