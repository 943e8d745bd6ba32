import type { ControlRequest } from "../control/protocol.ts";
import type { Answer } from "../control/conversation.ts";
import type { Reloader, ReloadRooms } from "./reloader.ts";

/** Takes requests to reload once everything has begun. What it needs is loaded with the first: the daemon's memory is not for that. */
export class LateReloader {
  #rooms: ReloadRooms | null = null;
  #reloader: Promise<Reloader> | null = null;

  /** Everything has begun. */
  open(rooms: ReloadRooms): void {
    this.#rooms = rooms;
  }

  async take(request: Extract<ControlRequest, { call: "reload" }>, answer: Answer): Promise<void> {
    const rooms = this.#rooms;
    if (rooms === null)
      return answer({ kind: "error", code: "failed", message: "the agent is only starting; reload in a moment" });
    this.#reloader ??= import("./reloader.ts").then((its) => new its.Reloader(rooms));
    return (await this.#reloader).take(request, answer);
  }
}
