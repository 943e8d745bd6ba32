import { chownSync, lstatSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { HOST_SETTINGS, SERVICE_SETTINGS } from "@afloat/shared/core/reload-settings";
import { DEPENDENCY_CONDITIONS, VERBS } from "@afloat/shared/domain";
import type { HostSpec } from "@afloat/shared/spec";
import { serviceName } from "@afloat/shared/wire";
import * as v from "valibot";
import { HANDED_OVER } from "../control/protocol.ts";
import { writeJson } from "./files.ts";

/** The largest specification that a running agent takes, bytes. */
const LIMIT_BYTES = 16 * 1024 * 1024;
/** The most services that it takes. */
const SERVICES_LIMIT = 10_000;
/** What was left behind by a command that was killed is removed after so long, milliseconds. */
const STALE_MS = 60 * 60_000;

/**
 * Leaves a checked specification in the state folder for the agent that runs there, readable by its owner only: it may be larger
 * than a request, and has the environment's values in it. Answers its name, and how to take it away again.
 */
export function handOver(stateDir: string, spec: HostSpec): { name: string; remove: () => void } {
  removeStale(stateDir);
  const name = `reload-${randomBytes(8).toString("hex")}.json`;
  const path = join(stateDir, name);
  writeJson(path, spec);
  // Root reloads the agent of somebody else: he must be able to read it.
  const { uid, gid } = statSync(stateDir);
  if (process.getuid?.() === 0 && uid !== 0) chownSync(path, uid, gid);
  return { name, remove: () => rmSync(path, { force: true }) };
}

/** What a command handed over, or why it is not taken. Only a specification that has each setting that this agent knows is. */
export function takeOver(stateDir: string, name: string): { spec: HostSpec } | { fault: string } {
  const path = join(stateDir, name);
  const seen = lstatSync(path, { throwIfNoEntry: false });
  if (seen === undefined || !seen.isFile()) return { fault: `expected a specification at ${path}` };
  if (seen.uid !== process.getuid?.() && seen.uid !== 0) return { fault: `${path} belongs to somebody else` };
  if (seen.size > LIMIT_BYTES) return { fault: `a specification is at most ${LIMIT_BYTES} bytes` };
  try {
    const read: unknown = JSON.parse(readFileSync(path, "utf8"));
    const parsed = v.safeParse(handedOver, read);
    if (!parsed.success)
      return { fault: `what is at ${path} is no specification of this afloat: ${parsed.issues[0].message}` };
    // Written a moment ago by a command of our own version, in which each value was checked.
    const spec: HostSpec = JSON.parse(JSON.stringify(parsed.output));
    return { spec };
  } catch (error) {
    return { fault: `${path} could not be read: ${String(error)}` };
  }
}

/** Neither more nor less than what the tables of settings know, so that nothing is silently taken for a default. */
const hasSettings = <T extends object>(table: Record<string, { optional?: true }>, beside: string) =>
  v.check((value: T) => {
    const there = Object.keys(value);
    const wanted = Object.entries(table).filter(([, { optional }]) => optional !== true);
    return (
      there.every((name) => name === beside || Object.hasOwn(table, name)) &&
      wanted.every(([name]) => there.includes(name))
    );
  }, "its settings are not those that this agent knows");

const service = v.pipe(
  v.looseObject({ name: serviceName, dependsOn: v.record(v.string(), v.picklist(DEPENDENCY_CONDITIONS)) }),
  hasSettings(SERVICE_SETTINGS, "name"),
);

const handedOver = v.pipe(
  v.looseObject({
    cloud: v.nullable(v.string()),
    remote: v.array(v.picklist(VERBS)),
    services: v.pipe(
      v.array(service),
      v.maxLength(SERVICES_LIMIT),
      v.check((all) => new Set(all.map(({ name }) => name)).size === all.length, "two services have one name"),
    ),
  }),
  hasSettings(HOST_SETTINGS, "services"),
);

function removeStale(stateDir: string): void {
  for (const name of readdirSync(stateDir)) {
    if (!HANDED_OVER.test(name)) continue;
    const path = join(stateDir, name);
    const seen = lstatSync(path, { throwIfNoEntry: false });
    if (seen !== undefined && Date.now() - seen.mtimeMs > STALE_MS) rmSync(path, { force: true });
  }
}
