import { durationWords } from "../duration.ts";

/** Something that is true of a service, for a person, and the code by which a program knows it. */
export interface Sentence<Code extends string = string> {
  code: Code;
  text: string;
}

/** With a great letter before and a full stop behind. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** `12 s ago`; within a second `just now`. */
export function agoWords(ms: number, nowMs: number): string {
  return nowMs - ms < 1000 ? "just now" : `${durationWords(nowMs - ms)} ago`;
}

/** `once`, `twice`, `3 times`. */
export function timesWords(count: number): string {
  if (count === 1) return "once";
  return count === 2 ? "twice" : `${count} times`;
}

/** `port 5001`, `ports 5001, 5002`. */
export function portsWords(ports: readonly number[]): string {
  return `port${ports.length > 1 ? "s" : ""} ${ports.join(", ")}`;
}
