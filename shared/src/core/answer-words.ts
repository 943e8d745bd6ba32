import type { Exit } from "../domain.ts";
import { durationWords } from "./duration.ts";
import type { EndpointResult } from "./lifecycle-types.ts";

/** What an endpoint answered, in words: `404`, `timed out after 2 s`, `connection refused`. */
export function answerWords(result: EndpointResult): string {
  switch (result.kind) {
    case "ok":
      return result.status === null ? "ok" : String(result.status);
    case "status":
      return String(result.status);
    case "body":
      return `${result.status}, but the body is not as expected`;
    case "failed":
      return result.detail;
    case "redirect":
      return `${result.status} to ${result.location}`;
    case "timeout":
      return `timed out after ${durationWords(result.ms)}`;
    case "refused":
      return "connection refused";
    case "reset":
      return "connection dropped";
    case "dns":
      return `name not found: ${result.detail}`;
    case "tls":
      return `TLS failed: ${result.detail}`;
    case "malformed":
      return `not HTTP: ${result.detail}`;
  }
}

const SIGNAL_NUMBERS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** How a process ended, in words; a signal's death is never code 0. Numbers are Linux's (signal(7)). */
export function exitWords(exit: Exit): string {
  if (exit.outOfMemory === true) return "ran out of memory";
  if (exit.signal !== null) {
    const number = SIGNAL_NUMBERS[exit.signal];
    return number === undefined ? `killed by ${exit.signal}` : `killed by signal ${number} (${exit.signal})`;
  }
  if (exit.code !== null) return `exited with code ${exit.code}`;
  return "ended while nobody watched; how is unknown";
}
