import type { PublicStatus } from "../domain.ts";
import { worstOf } from "./public-status.ts";

/** A component as the first line of a page needs it. */
export interface SentenceComponent {
  name: string;
  status: PublicStatus;
  /** It restarts in a loop: said instead of "is down". */
  looping?: boolean;
}

/** The page's first line: a sentence about the worst there is, and how much else is not well. */
export function pageSentence(components: readonly SentenceComponent[]): string {
  const worst = worstOf(components.map((component) => component.status));
  if (components.length === 0) return "Nothing is watched here yet";
  const concerned = components.filter((component) => component.status === worst);
  if (concerned.length === components.length) return aboutAll(worst, concerned);
  const also = components.filter((component) => component.status !== worst && component.status !== "operational");
  const sentence = aboutSome(worst, concerned, components.length);
  return also.length === 0
    ? sentence
    : `${sentence}, and ${also.length} more ${also.length === 1 ? "is" : "are"} not well`;
}

function aboutAll(status: PublicStatus, concerned: readonly SentenceComponent[]): string {
  if (status === "operational") return "Everything is afloat";
  const [only] = concerned;
  if (concerned.length === 1 && only !== undefined) return aboutSome(status, [only], 1);
  switch (status) {
    case "outage":
      return "Everything is down";
    case "degraded_performance":
      return "Everything is answering slowly or with errors";
    case "maintenance":
      return "Everything is being worked on";
    case "unknown":
      return "Nothing is known right now";
  }
}

function aboutSome(status: PublicStatus, concerned: readonly SentenceComponent[], of: number): string {
  const names = concerned.map((component) => component.name);
  const who = names.length <= 2 ? names.join(" and ") : `${names.length} of ${of} services`;
  const are = names.length === 1 ? "is" : "are";
  switch (status) {
    case "outage":
      return `${who} ${are} ${concerned.every((component) => component.looping) ? "restarting in a loop" : "down"}`;
    case "degraded_performance":
      return `${who} ${are} answering slowly or with errors`;
    case "maintenance":
      return `${who} ${are} being worked on`;
    case "unknown":
      return `Nothing has been heard of ${who}`;
    case "operational":
      return `${who} ${are} afloat`;
  }
}
