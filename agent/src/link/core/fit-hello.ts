import { FRAME_LIMIT_BYTES, type Hello } from "@afloat/shared/wire";

type Snapshot = Hello["services"][number];

/** What hello can do without, the least missed first; events tell all of it again when it changes. */
const SHORTENINGS: ((service: Snapshot) => Snapshot)[] = [
  (service) => ({ ...service, diagnosis: null }),
  (service) => ({
    ...service,
    reason: service.reason.slice(0, 80),
    lastExit: null,
    loop: service.loop === null ? null : { ...service.loop, cause: { ...service.loop.cause, text: "" } },
    endpoint:
      service.endpoint === null ? null : { ...service.endpoint, what: service.endpoint.what.slice(0, 60), last: null },
  }),
];

/** Hello with everything in it, or, on a host with very many services, with as much as a frame carries. */
export function fitHello(hello: Hello, sizeOf: (hello: Hello) => number): Hello {
  let fitting = hello;
  for (const shorten of SHORTENINGS) {
    if (sizeOf(fitting) <= FRAME_LIMIT_BYTES) return fitting;
    fitting = { ...fitting, services: fitting.services.map(shorten) };
  }
  return fitting;
}
