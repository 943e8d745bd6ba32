import type { Env } from "../env.ts";
import type { Reach } from "./core/destination.ts";

/** Where requests of this server may go. */
export function reachOf(env: Pick<Env, "ALLOW_PRIVATE">): Reach {
  return { allowPrivate: env.ALLOW_PRIVATE === "on" };
}
