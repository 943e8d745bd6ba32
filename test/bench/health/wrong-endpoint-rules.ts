import type { EndpointResult, PortResult } from "@afloat/shared/core/lifecycle-types";
import { RESTART_ON } from "@afloat/shared/domain";
import type { Figure } from "../figure.ts";
import { type Look, MovedService } from "./moved-service.ts";
import { backend } from "./backend.ts";

const HOUR_MS = 3_600_000;
const listening: PortResult = { port: 5001, kind: "listening", owner: "own" };
const closed: PortResult = { port: 5001, kind: "closed" };
const refused: EndpointResult = { kind: "refused", detail: "connect ECONNREFUSED", ms: 1 };
const seen = (endpoint: EndpointResult, port: PortResult = listening, ownPort = 5001): Look => ({
  endpoint,
  ports: [port],
  ownPorts: [ownPort],
});

/** A service that is well, and what probes make of each mistake in its configuration. */
const MISTAKES: Record<string, Look> = {
  "a path that answers 404": seen({ kind: "status", status: 404, ms: 3 }),
  "a path that wants a POST": seen({ kind: "status", status: 405, ms: 3 }),
  "a path behind a login": seen({ kind: "redirect", status: 302, location: "/login", ms: 3 }),
  "a path that never answers": seen({ kind: "timeout", ms: 2_000 }),
  "https for http": seen({ kind: "tls", detail: "wrong version number", ms: 3 }),
  "a wrong port in the URL": seen(refused),
  "a wrong port": seen(refused, closed, 5010),
};

/** An hour of moved time with each mistake and each `restart_on`, through the rules that agents run. */
export function wrongEndpointRules(): Figure[] {
  let restarts = 0;
  let wronglyTold = 0;
  for (const look of Object.values(MISTAKES)) {
    for (const restartOn of RESTART_ON) {
      const service = new MovedService(backend({ health: { http: "/health", restart_on: restartOn } }), 0.5);
      service.pass(HOUR_MS, look);
      restarts += service.count("restart");
      if (service.count("notice") !== 1) wronglyTold++;
    }
  }
  const cases = Object.keys(MISTAKES).length * RESTART_ON.length;
  const stated = { bench: "health", against: null, ratio: null };
  return [
    {
      ...stated,
      figure: `1 h of moved time, ${cases} wrong endpoints: restarts`,
      value: restarts,
      unit: "restarts",
      aim: "0",
      met: restarts === 0,
    },
    {
      ...stated,
      figure: "the same: not told exactly once",
      value: wronglyTold,
      unit: "cases",
      aim: "0",
      met: wronglyTold === 0,
    },
  ];
}
