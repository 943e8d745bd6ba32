import { request } from "../control/client.ts";
import type { Status } from "../control/protocol.ts";
import { socketPathOf } from "../state/paths.ts";
import { fitSheet, type Sheet } from "./core/screen.ts";
import { openInPlace } from "./in-place.ts";
import type { Place } from "./place.ts";

/** `afloat status --watch` on a terminal: in place, until Ctrl-C. Throws NotRunning where the agent ends. */
export async function watchInPlace(
  place: Place,
  only: (whole: Status) => Status,
  sheetOf: (status: Status, columns: number) => Sheet,
): Promise<number> {
  let latest: Status | null = null;
  const screen = openInPlace(({ columns, rows }) => (latest === null ? [] : fitSheet(sheetOf(latest, columns), rows)));
  const left = new AbortController();
  const leave = () => left.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  // Also the second time: pressed twice, Ctrl-C must not end us before the terminal is as it was.
  for (const signal of signals) process.on(signal, leave);
  // Whoever looked has closed the window.
  process.stdout.once("error", leave);
  try {
    const take = (status: Status) => {
      latest = only(status);
      screen.draw();
      return "more" as const;
    };
    const each = (answer: Parameters<Parameters<typeof request>[2]>[0]) =>
      answer.kind === "changed" ? take(answer.status) : ("more" as const);
    await request(socketPathOf(place.stateDir), { call: "measure" }, each, left.signal);
  } finally {
    screen.close();
  }
  return 0;
}
