import { parseDuration } from "@afloat/shared/core/duration";
import { GONE_LIMIT_MS } from "@afloat/shared/core/offline-after";
import { request } from "../control/client.ts";
import type { TellOptions } from "./ask.ts";
import type { Place } from "./place.ts";
import { holderOfState } from "../state/lock.ts";
import { socketPathOf } from "../state/paths.ts";

export interface DownOptions extends TellOptions {
  planned?: boolean;
  /** A duration, as it was written. */
  for?: string;
}

/** `afloat down`: returns when the last process and the agent are gone. */
export async function down(place: Place, options: DownOptions): Promise<number> {
  const backWithinMs = options.for === undefined ? undefined : parseDuration(options.for);
  if (backWithinMs === null || (backWithinMs !== undefined && (backWithinMs < 1000 || backWithinMs > GONE_LIMIT_MS))) {
    console.error(`expected --for as a duration from 1s to 90d, like 30m or 2h, got ${options.for}`);
    return 2;
  }
  const goodbye = {
    ...(options.planned === true ? { onPurpose: true } : {}),
    ...(backWithinMs === undefined ? {} : { backWithinMs }),
  };
  let code = 0;
  const lines: string[] = [];
  const say = (text: string) => {
    lines.push(text);
    if (options.json !== true && options.quiet !== true) console.log(text);
  };
  await request(socketPathOf(place.stateDir), { call: "down", ...goodbye }, (answer) => {
    if (answer.kind === "line") say(answer.text);
    if (answer.kind === "error") {
      console.error(answer.message);
      code = 1;
    }
    return answer.kind === "line" ? "more" : "last";
  });
  // An agent that refuses does not end.
  const endMs = Date.now() + (code === 0 ? 10_000 : 0);
  while (Date.now() < endMs && holderOfState(place.stateDir) !== null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (code === 0) say("the agent ended");
  if (options.json === true) console.log(JSON.stringify({ ended: code === 0, lines }));
  return code;
}
