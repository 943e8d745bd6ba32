import { fileURLToPath } from "node:url";
import { badNight } from "./bad-night.ts";
import { messages } from "./messages.ts";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** What is kept written down of alerts. */
export const WRITTEN: { name: string; file: string; text: () => string }[] = [
  { name: "the words of every message", file: path("worker/test/alerts/messages.txt"), text: messages },
  { name: "a bad night", file: path("docs/transcripts/bad-night.txt"), text: badNight },
];
