import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import * as v from "valibot";
import { GONE_LIMIT_MS } from "@afloat/shared/core/offline-after";
import { VERSION } from "../version.ts";
import { Conversations, type Handle, type Read } from "./conversation.ts";
import { CONTROL_VERSION, HANDED_OVER } from "./protocol.ts";

const names = v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.minLength(1), v.maxLength(500));
const by = v.pipe(v.string(), v.maxLength(100));
const common = { version: v.literal(CONTROL_VERSION), id: v.number() };
const request = v.variant("call", [
  v.object({ ...common, call: v.literal("status") }),
  v.object({ ...common, call: v.literal("link") }),
  v.object({
    ...common,
    call: v.literal("ask"),
    verb: v.picklist(["restart", "start", "stop", "pause", "resume"]),
    services: names,
    by,
  }),
  v.object({ ...common, call: v.literal("explain"), services: names }),
  v.object({ ...common, call: v.literal("recheck"), services: names, by }),
  v.object({ ...common, call: v.literal("reset"), services: names, by }),
  v.object({
    ...common,
    call: v.literal("reload"),
    afloat: v.pipe(v.string(), v.maxLength(64)),
    file: v.pipe(v.string(), v.regex(HANDED_OVER)),
    apply: v.boolean(),
    basis: v.nullable(v.pipe(v.string(), v.maxLength(64))),
    by,
  }),
  v.object({
    ...common,
    call: v.literal("down"),
    onPurpose: v.optional(v.boolean()),
    backWithinMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(GONE_LIMIT_MS))),
  }),
  v.object({ ...common, call: v.literal("watch") }),
  v.object({ ...common, call: v.literal("measure") }),
]);

/** Serves the Unix socket that only the agent's owner can open. Nothing that is sent to it, however broken, harms the agent. */
export function serveControl(path: string, handle: Handle): Promise<Server> {
  rmSync(path, { force: true });
  const conversations = new Conversations();
  const server = createServer((socket) => conversations.open(socket, readRequest, handle));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // Made with these rights, and not given them a moment later: nobody else can come in between. Listening on a path is done at once.
    const before = process.umask(0o177);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
    process.umask(before);
  });
}

function readRequest(line: string): ReturnType<Read> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { code: "bad-request", message: "expected one JSON object a line" };
  }
  const version: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "version") : undefined;
  if (version !== CONTROL_VERSION) return { code: "other-version", message: otherVersionWords(version) };
  const parsed = v.safeParse(request, value);
  if (parsed.success) return { request: parsed.output };
  return { code: "bad-request", message: parsed.issues[0].message };
}

/** What whoever meets an agent of another version is to do. */
function otherVersionWords(version: unknown): string {
  const spoken = `version ${CONTROL_VERSION} of the control protocol, the command ${JSON.stringify(version)?.slice(0, 20) ?? "none"}`;
  if (typeof version === "number" && version > CONTROL_VERSION)
    return `the agent that runs here is older than this command (it is afloat ${VERSION} and speaks ${spoken}); start it anew with this command: kill ${process.pid} ends it and leaves the services running, afloat up --daemon takes them over`;
  return `the agent that runs here is newer than this command (it is afloat ${VERSION} and speaks ${spoken}); use the afloat that it was started with: ${process.argv[1] ?? ""}`;
}
