/** How the link paces itself. Pure: chance and clock come as arguments. */

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** Up for so long, and the next failure is a first one again, milliseconds. */
export const STABLE_AFTER_MS = 60_000;
/** Told that another machine uses the credential: after a hard reset that is ourselves, whose place is held for 45 s. */
const ELSEWHERE_RETRY_MS = 50_000;
/** Told that the credential is not in force: asked again this seldom, milliseconds. */
const REVOKED_RETRY_MS = 5 * 60_000;
/** After so many failed sockets in a row without a welcome, HTTP is tried. */
export const SOCKET_TRIES = 3;
/** Speaking HTTP, the socket is tried again after so long, milliseconds. */
export const SOCKET_AGAIN_MS = 10 * 60_000;

/** When to try again after the `failures`-th failure in a row: full jitter, so that a thousand hosts do not come at once. */
export function retryDelayMs(failures: number, random: number): number {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(random * ceiling);
}

/** When to try again where the cloud does not want us as we are. */
export function refusedDelayMs(kind: "revoked" | "in-use-elsewhere"): number {
  return kind === "revoked" ? REVOKED_RETRY_MS : ELSEWHERE_RETRY_MS;
}

/** Socket or HTTP: HTTP once sockets fail and never got a welcome, and the socket again now and then. */
export function transportFor(
  tries: { socketFailures: number; httpSinceMs: number | null },
  nowMs: number,
): "socket" | "http" {
  if (tries.socketFailures < SOCKET_TRIES) return "socket";
  return tries.httpSinceMs !== null && nowMs - tries.httpSinceMs > SOCKET_AGAIN_MS ? "socket" : "http";
}
