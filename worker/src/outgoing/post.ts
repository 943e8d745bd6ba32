import { faultOfUrl, type Reach } from "./core/destination.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** How long a receiver may take for all of its answer, milliseconds. */
export const TIMEOUT_MS = 10_000;
/** So much of an answer is read and kept for the person who looks why it failed, bytes. */
const HEAD_LIMIT_BYTES = 500;

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Answered {
  kind: "answered";
  /** Of HTTP, or the reply of an SMTP server: the ranges mean the same to it (RFC 5321, 4.2.1). */
  protocol: "http" | "smtp";
  status: number;
  /** The first bytes of it, as text. */
  head: string;
  /** What `Retry-After` asked for, milliseconds. */
  retryAfterMs: number | null;
  /** Where a redirect led, which nobody followed. */
  location: string | null;
  tookMs: number;
}

/** `forbidden`: nothing was sent, since nothing may be; it stays so until somebody changes the address. */
export interface Unanswered {
  kind: "unanswered";
  forbidden: boolean;
  why: string;
  tookMs: number;
}

export type Answer = Answered | Unanswered;

/** Sends JSON to an address that a person wrote. Never throws. */
export function guardedPost({ url, headers, body }: Post, reach: Reach): Promise<Answer> {
  const all = { "content-type": "application/json", ...headers };
  return guarded(url, { method: "POST", headers: all, body }, TIMEOUT_MS, reach);
}

/** Calls an address that a person wrote: that it is called says it all. Never throws. */
export function guardedGet(url: string, timeoutMs: number, reach: Reach): Promise<Answer> {
  return guarded(url, { method: "GET", headers: {} }, timeoutMs, reach);
}

/**
 * The one way out. The address is looked at again now, redirects are not followed, and the answer is bounded in time and size.
 */
async function guarded(
  url: string,
  { headers, ...request }: { method: string; headers: Record<string, string>; body?: string },
  timeoutMs: number,
  reach: Reach,
): Promise<Answer> {
  const fault = faultOfUrl(url, reach);
  if (fault !== null) return { kind: "unanswered", forbidden: true, why: fault, tookMs: 0 };
  const startedMs = Date.now();
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const all = { "user-agent": "Afloat", ...headers };
    const answer = await fetch(url, { ...request, redirect: "manual", signal, headers: all });
    const head = await headOf(answer);
    const nowMs = Date.now();
    return {
      kind: "answered",
      protocol: "http",
      status: answer.status,
      head,
      retryAfterMs: parseRetryAfter(answer.headers.get("retry-after"), nowMs),
      location: answer.headers.get("location")?.slice(0, 200) ?? null,
      tookMs: nowMs - startedMs,
    };
  } catch (error) {
    const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : unreachableWords(error);
    return { kind: "unanswered", forbidden: false, why, tookMs: Date.now() - startedMs };
  }
}

/** The beginning of an answer. What comes after its status is for the reader: that it breaks off or never ends changes nothing. */
async function headOf(answer: Response): Promise<string> {
  if (answer.body === null) return "";
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    while (bytes < HEAD_LIMIT_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
    await reader.cancel();
  } catch {
    // Broke off, or took too long: its status came, and what came after it is kept.
  }
  return text.slice(0, HEAD_LIMIT_BYTES);
}

function unreachableWords(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return `could not be reached: ${said}`.slice(0, 300);
}
