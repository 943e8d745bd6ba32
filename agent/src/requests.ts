import type { ControlRequest, LinkReport, Status } from "./control/protocol.ts";
import type { Answer } from "./control/conversation.ts";
import type { Meter } from "./measures/meter.ts";
import type { LateReloader } from "./reload/late-reloader.ts";
import type { End } from "./signals.ts";
import type { Goodbye } from "@afloat/shared/wire";
import type { Supervisor } from "./supervisor/supervisor.ts";

/** What requests are about. */
export interface Rooms {
  supervisor: Supervisor;
  meter: Meter;
  status: () => Status;
  link: () => LinkReport;
  end: End;
  reloader: LateReloader;
}

/** How often who watches what services use is told, milliseconds. */
const MEASURE_MS = 1000;

/** Does what a person at this host asks through the control socket; answers as often as the request wants. */
export async function serve(request: ControlRequest, answer: Answer, gone: Promise<void>, rooms: Rooms): Promise<void> {
  const { supervisor, meter, status, link, end, reloader } = rooms;
  if (!["status", "link", "watch", "measure"].includes(request.call)) await supervisor.ready;
  switch (request.call) {
    case "status":
      meter.refresh();
      return answer({ kind: "status", status: status() });
    case "link":
      return answer({ kind: "link", link: link() });
    case "ask": {
      const by = { name: request.by, via: "host" } as const;
      const outcomes = await Promise.all(request.services.map((name) => supervisor.ask(request.verb, name, by)));
      return answer({ kind: "asked", outcomes });
    }
    case "explain":
      return answer({ kind: "explained", services: await supervisor.explain(request.services) });
    case "recheck":
    case "reset":
      for (const name of request.services) supervisor.note(request.call, name, { name: request.by, via: "host" });
      return answer({ kind: "done" });
    case "reload":
      return reloader.take(request, answer);
    case "down":
      if (isUntold(request, link())) answer({ kind: "line", text: UNTOLD });
      await supervisor.shutDown((text) => answer({ kind: "line", text }));
      answer({ kind: "done" });
      return end({ code: 0, planned: true, goodbye: goodbyeOf(request) });
    case "watch":
    case "measure": {
      const tell = () => answer({ kind: "changed", status: status() });
      if (request.call === "measure") meter.refresh();
      tell();
      const stops = [supervisor.onChange(tell), ...(request.call === "measure" ? [meter.watch(MEASURE_MS, tell)] : [])];
      await gone;
      return stops.forEach((stop) => stop());
    }
  }
}

/** What the cloud is told of our return. */
function goodbyeOf({ onPurpose, backWithinMs }: Goodbye): Goodbye {
  return { ...(onPurpose === undefined ? {} : { onPurpose }), ...(backWithinMs === undefined ? {} : { backWithinMs }) };
}

/** It is to be told that this is on purpose, and cannot be. */
function isUntold({ onPurpose, backWithinMs }: Goodbye, { status }: LinkReport): boolean {
  return (onPurpose === true || backWithinMs !== undefined) && status.kind !== "connected";
}

const UNTOLD =
  "the cloud is not connected and cannot be told: it will take this host's silence for an alarm (`afloat link` says why)";
