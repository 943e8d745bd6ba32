import { request } from "../control/client.ts";
import type { TellOptions } from "./ask.ts";
import type { Place } from "./place.ts";
import { holderOfState } from "../state/lock.ts";
import { socketPathOf } from "../state/paths.ts";

/** `afloat down`: returns when the last process and the agent are gone. */
export async function down(place: Place, options: TellOptions): Promise<number> {
  let code = 0;
  const lines: string[] = [];
  const say = (text: string) => {
    lines.push(text);
    if (options.json !== true && options.quiet !== true) console.log(text);
  };
  await request(socketPathOf(place.stateDir), { call: "down" }, (answer) => {
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
