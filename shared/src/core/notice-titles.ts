import type { JournalEvent } from "../wire.ts";

/** What the agent notices of a service while it runs, and tells once. */
export type NoticeCode = Extract<JournalEvent, { kind: "notice" }>["code"];

/** What is said after the name of the service, by the agent, in messages and on the pages: `web has a health check that looks wrong: …`. */
export const NOTICE_TITLES: Record<NoticeCode, string> = {
  "endpoint-unproven": "has a health check that looks wrong",
  "endpoint-regressed": "stopped answering its health check",
  "endpoint-crashes-service": "is crashed by its own health check",
  "port-conflict": "cannot have its port",
};
