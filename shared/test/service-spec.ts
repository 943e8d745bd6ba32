import type { ServiceSpec } from "../src/spec.ts";

/** The incident's backend: port 5001, endpoint /health, every default. */
export function backend(changes: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name: "aurora-backend",
    command: { kind: "line", line: "node server.js" },
    forks: false,
    user: null,
    group: null,
    process: null,
    cwd: "/srv",
    env: {},
    ports: [5001],
    portOwner: "own",
    endpoint: {
      kind: "http",
      method: "GET",
      url: "http://localhost:5001/health",
      socket: null,
      headers: {},
      expect: [{ from: 200, to: 299 }],
      body: null,
      tls: { ca: null, verify: true },
      where: "afloat.yaml:14",
      written: "health: /health",
    },
    check: {
      intervalMs: 10_000,
      timeoutMs: 2000,
      startPeriodMs: 10_000,
      startTimeoutMs: 300_000,
      failureThreshold: 3,
      restartOn: "closed",
      futileAfter: 3,
      stopTimeoutMs: 10_000,
    },
    dependsOn: {},
    restart: "always",
    schedule: null,
    follow: null,
    successCodes: [0],
    stop: { command: null, signal: "SIGTERM", timeoutMs: 10_000 },
    log: { maxBytes: 10_485_760, keep: 10, maxAgeMs: null, compress: true },
    backoff: { minMs: 1000, maxMs: 300_000, stableAfterMs: 60_000 },
    loopWindows: [
      { restarts: 4, withinMs: 300_000 },
      { restarts: 8, withinMs: 3_600_000 },
      { restarts: 20, withinMs: 86_400_000 },
    ],
    where: "afloat.yaml:10",
    ...changes,
  };
}
