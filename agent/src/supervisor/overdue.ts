import { rmSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { readJson, writeJson } from "../state/files.ts";
import type { Service } from "./service.ts";

const overdue = v.record(v.string(), v.number());

/**
 * Notes which start of which service goes by a definition that is no more, before anything is done about it: an agent that is
 * killed in the middle of a reload leaves the next one a process that looks like any other.
 */
export function noteOverdue(stateDir: string, spawns: Record<string, number>): void {
  writeJson(pathOf(stateDir), spawns);
}

/** All of them were started anew. */
export function forgetOverdue(stateDir: string): void {
  rmSync(pathOf(stateDir), { force: true });
}

/** Starts anew what an earlier agent did not come to, where the very same start still runs. */
export function startOverdue(services: ReadonlyMap<string, Service>, stateDir: string): void {
  const read = v.safeParse(overdue, readJson(pathOf(stateDir), () => {}) ?? {});
  if (!read.success) return;
  for (const [name, spawn] of Object.entries(read.output)) {
    const service = services.get(name);
    if (service === undefined || service.state.life.kind !== "up" || service.state.spawn !== spawn) continue;
    service.edit(service.spec, null, {
      anew: "its configuration changed, and the agent ended before it came to it",
      quiet: false,
    });
  }
}

const pathOf = (stateDir: string) => join(stateDir, "reload-overdue.json");
