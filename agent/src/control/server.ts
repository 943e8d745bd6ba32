import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import * as v from "valibot";
import { VERSION } from "../version.ts";
import {
  CONTROL_VERSION,
  type ControlAnswer,
  type ControlRequest,
  HANDED_OVER,
  REQUEST_LIMIT_BYTES,
} from "./protocol.ts";

/** What the daemon does with a request. `answer` may be called more than once; `gone` resolves when the client has left. */
export type Handle = (request: ControlRequest, answer: Answer, gone: Promise<void>) => Promise<void>;
export type Answer = (answer: Unnumbered) => void;
type Unnumbered = ControlAnswer extends infer A ? (A extends unknown ? Omit<A, "id"> : never) : never;

const names = v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.minLength(1), v.maxLength(500));
const by = v.pipe(v.string(), v.maxLength(100));
const common = { version: v.literal(CONTROL_VERSION), id: v.number() };
const request = v.variant("call", [
  v.object({ ...common, call: v.literal("status") }),
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
  v.object({ ...common, call: v.literal("down") }),
  v.object({ ...common, call: v.literal("watch") }),
  v.object({ ...common, call: v.literal("measure") }),
]);

/** Serves the Unix socket that only the agent's owner can open. Nothing that is sent to it, however broken, harms the agent. */
export function serveControl(path: string, handle: Handle): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => converse(socket, handle));
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

function converse(socket: Socket, handle: Handle): void {
  let waiting = "";
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  // A client that hangs up in the middle is no news.
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    waiting += chunk.toString("utf8");
    const lines = waiting.split("\n");
    waiting = lines.pop() ?? "";
    for (const line of lines) void take(line, socket, handle, gone);
    if (waiting.length <= REQUEST_LIMIT_BYTES) return;
    write(socket, {
      id: 0,
      kind: "error",
      code: "bad-request",
      message: `a request is at most ${REQUEST_LIMIT_BYTES} bytes`,
    });
    socket.destroy();
  });
}

async function take(line: string, socket: Socket, handle: Handle, gone: Promise<void>): Promise<void> {
  const read = readRequest(line);
  if ("message" in read) {
    write(socket, { id: 0, kind: "error", ...read });
    return;
  }
  const { id } = read.request;
  try {
    await handle(read.request, (answer) => write(socket, { ...answer, id }), gone);
  } catch (error) {
    write(socket, { id, kind: "error", code: "failed", message: String(error) });
  }
}

function readRequest(
  line: string,
): { request: ControlRequest } | { code: "bad-request" | "other-version"; message: string } {
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

function write(socket: Socket, answer: ControlAnswer): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
}
