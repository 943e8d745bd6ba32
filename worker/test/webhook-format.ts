import { toJsonSchema } from "@valibot/to-json-schema";
import { INCIDENT_KINDS } from "@afloat/shared/domain";
import * as v from "valibot";
import { MESSAGE_PHASES, SEVERITIES } from "../src/alerts/core/alert-types.ts";

/** The payload of a webhook, as docs/webhook.schema.json publishes it: nothing in it that is not named here. */

const time = v.pipe(v.string(), v.isoTimestamp());
const link = v.nullable(v.pipe(v.string(), v.url()));
const words = (limit: number) => v.pipe(v.string(), v.maxLength(limit));

const incident = v.strictObject({
  id: v.string(),
  kind: v.picklist(INCIDENT_KINDS),
  title: words(506),
  cause: words(500),
  host: words(500),
  service: v.nullable(v.string()),
  hosts: v.nullable(v.array(words(100))),
  openedAt: time,
  closedAt: v.nullable(time),
  restarts: v.nullable(v.number()),
  withinMs: v.nullable(v.number()),
  causeCode: v.nullable(v.string()),
  exit: v.nullable(v.string()),
  lastLines: v.array(words(300)),
  late: v.nullable(v.string()),
});

const TYPES = ["test", ...MESSAGE_PHASES.filter((phase) => phase !== "late").map((phase) => `incident.${phase}`)];

export const WEBHOOK_FORMAT = v.strictObject({
  type: v.picklist(TYPES),
  timestamp: time,
  data: v.strictObject({
    organization: v.strictObject({ name: words(500), slug: v.string() }),
    alert: v.strictObject({
      id: v.string(),
      messageId: v.string(),
      phase: v.picklist(MESSAGE_PHASES),
      severity: v.picklist(SEVERITIES),
      quiet: v.boolean(),
      title: words(500),
      lines: v.array(words(500)),
      next: v.array(words(500)),
      more: v.pipe(v.number(), v.integer(), v.minValue(0)),
    }),
    incident: v.nullable(incident),
    incidents: v.array(incident),
    link,
    runbook: link,
    acknowledge: link,
    restart: link,
  }),
});

/** As JSON Schema. Fields are added as time goes by: a receiver takes what it does not know. */
export function webhookJsonSchema(): object {
  const schema = toJsonSchema(WEBHOOK_FORMAT, { errorMode: "ignore" });
  const open = JSON.stringify(schema, (key, value: unknown) => (key === "additionalProperties" ? undefined : value));
  const plain: object = JSON.parse(open);
  return { ...plain, title: "What Afloat sends to a webhook" };
}
