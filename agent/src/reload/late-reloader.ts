import type { ControlRequest } from "../control/protocol.ts";
import type { Answer } from "../control/conversation.ts";
import type { Reloader, ReloadRooms } from "./reloader.ts";

/** Takes requests to reload once everything has begun. What it needs is loaded with the first: the daemon's memory is not for that. */
export class LateReloader {
  readonly #rooms: Promise<ReloadRooms>;
  #reloader: Promise<Reloader> | null = null;
  /** Everything has begun. */
  open: (rooms: ReloadRooms) => void = () => {};

  constructor() {
    this.#rooms = new Promise((resolve) => (this.open = resolve));
  }

  async take(request: Extract<ControlRequest, { call: "reload" }>, answer: Answer): Promise<void> {
    const rooms = await this.#rooms;
    this.#reloader ??= import("./reloader.ts").then((its) => new its.Reloader(rooms));
    return (await this.#reloader).take(request, answer);
  }
}
