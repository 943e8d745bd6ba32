import type { Loop, ServiceSnapshot } from "../src/domain.ts";

/** The backend as its host reports it: healthy, proven, up. */
export function snapshot(changes: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  return {
    name: "aurora-backend",
    desired: "run",
    paused: null,
    state: "up",
    verdict: "healthy",
    reasonCode: "endpoint-ok",
    reason: "GET /health answers 200",
    sinceMs: 0,
    pid: 4711,
    port: 5001,
    restarts: 0,
    upSinceMs: 0,
    nextTryMs: null,
    loop: null,
    lastExit: null,
    endpoint: { what: "GET /health", proven: true, lastOkMs: 0, last: "200", lastMs: 3, retired: false },
    diagnosis: null,
    ...changes,
  };
}

/** A loop of four restarts that opened at `openedMs`. */
export function loop(openedMs: number, closedMs: number | null = null): Loop {
  return {
    openedMs,
    closedMs,
    restarts: 4,
    spanMs: 38_000,
    withinMs: 300_000,
    longestGapMs: 20_000,
    cause: { code: "exit-code", text: "exits with code 1 within 0.8 s of every start" },
  };
}
