import type { ServiceYaml } from "@afloat/shared/config";
import { toHostSpec } from "@afloat/shared/host-spec";
import type { ServiceSpec } from "@afloat/shared/spec";

/** A backend with a port and an endpoint, as configured where nothing else is said. */
export function backend(changes: Partial<ServiceYaml> = {}): ServiceSpec {
  const yaml = { command: "node server.js", port: 5001, health: "/health", ...changes };
  const place = { absolute: (path: string) => `/srv/${path}`, whereOf: () => "afloat.yaml:2" };
  const [spec] = toHostSpec({ services: { backend: yaml } }, place).services;
  if (spec === undefined) throw new Error("a file with one service has none");
  return spec;
}
