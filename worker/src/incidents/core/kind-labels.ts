import type { IncidentKind } from "@afloat/shared/domain";

/** Kinds of incidents, as people choose one. */
export const KIND_LABELS: Record<IncidentKind, string> = {
  "restart-loop": "restart loop",
  "service-down": "service down",
  "endpoint-regressed": "health check stopped answering",
  "endpoint-unproven": "health check looks wrong",
  "endpoint-crashes-service": "health check crashes the service",
  "port-conflict": "port conflict",
  "host-offline": "host not heard",
  "host-flapping": "link goes and comes",
  "hosts-silent": "many hosts silent at once",
  "host-cloned": "cloned machine",
  "agent-loop": "agent starts again and again",
  "command-failed": "command failed",
};
