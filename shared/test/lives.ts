import type { Life } from "../src/core/lifecycle-types.ts";
import type { ServiceSpec } from "../src/spec.ts";
import { DrivenService } from "./driven-service.ts";
import { backend } from "./service-spec.ts";

export const anna = { name: "anna", via: "host" } as const;

/** A service that is in this kind of life, brought there by what brings one there. */
export function inLife(kind: Life["kind"], changes: Partial<ServiceSpec> = {}): DrivenService {
  switch (kind) {
    case "waiting":
      return new DrivenService(backend({ dependsOn: { db: "healthy" }, ...changes })).begin();
    case "starting": {
      const service = new DrivenService(backend(changes));
      service.send({ kind: "began", found: null, seenMs: null, chance: 0.5 });
      return service;
    }
    case "up":
      return new DrivenService(backend(changes)).begin();
    case "stopping": {
      const service = inLife("up", changes);
      service.send({ kind: "asked", verb: "restart", by: anna });
      return service;
    }
    case "backoff": {
      const service = inLife("up", changes);
      service.exit({ code: 1 });
      service.spawned();
      service.exit({ code: 1 });
      return service;
    }
    case "paused": {
      const service = inLife("up", changes);
      service.send({ kind: "asked", verb: "pause", by: anna });
      return service.gone();
    }
    case "completed": {
      const service = inLife("up", { restart: "never", ...changes });
      service.exit({ code: 0 });
      return service;
    }
    case "off":
      return new DrivenService(backend(changes));
  }
}
