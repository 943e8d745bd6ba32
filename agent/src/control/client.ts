import { statSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { CONTROL_VERSION, type ControlAnswer, type ControlRequest } from "./protocol.ts";

type Unnumbered = ControlRequest extends infer R ? (R extends unknown ? Omit<R, "id" | "version"> : never) : never;

/** Nobody answers on the control socket: the agent does not run. */
export class NotRunning extends Error {}

/** There is an agent, and it gives no answer: it hangs, ended meanwhile, or belongs to somebody else. The message says which. */
export class NotAnswering extends NotRunning {}

/** Sends one request; `each` sees every answer and says whether that was the last. `signal` ends it early. Throws NotRunning. */
export function request(
  socketPath: string,
  call: Unnumbered,
  each: (answer: ControlAnswer) => "more" | "last",
  signal?: AbortSignal,
): Promise<void> {
  const stranger = strangerAt(socketPath);
  if (stranger !== null) return Promise.reject(new NotAnswering(stranger));
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let waiting = "";
    let over = false;
    const finish = () => {
      over = true;
      // Nothing more is said: to wait for the other end to close would keep this process, for ever where the agent hangs.
      socket.destroy();
      resolve();
    };
    signal?.addEventListener("abort", finish);
    socket.once("close", () => signal?.removeEventListener("abort", finish));
    socket.once("connect", () => socket.write(`${JSON.stringify({ ...call, version: CONTROL_VERSION, id: 1 })}\n`));
    socket.on("data", (chunk: Buffer) => {
      waiting += chunk.toString("utf8");
      const lines = waiting.split("\n");
      waiting = lines.pop() ?? "";
      for (const line of lines) {
        if (over) return;
        // The daemon is our own program, of the version that the handshake checked.
        const answer: ControlAnswer = JSON.parse(line);
        if (each(answer) === "more") continue;
        finish();
      }
    });
    socket.once("error", (error) => reject(unreachable(socketPath, error)));
    socket.once("close", () => (over ? resolve() : reject(new NotAnswering("the agent ended before it answered"))));
  });
}

/**
 * Who made a socket reads what is said to it. It must be our own agent's, or root's; root may ask anybody's, since he can do what he
 * likes anyway, but not one that lies where everybody can put one.
 */
function strangerAt(path: string): string | null {
  const seen = statSync(path, { throwIfNoEntry: false });
  const own = process.getuid?.();
  if (seen === undefined || own === undefined || seen.uid === own || seen.uid === 0) return null;
  if (own === 0 && seen.uid === statSync(dirname(path)).uid) return null;
  return `${path} belongs to another user (${seen.uid}): it is not asked`;
}

function unreachable(socketPath: string, error: NodeJS.ErrnoException): NotRunning {
  if (error.code === "EACCES" || error.code === "EPERM")
    return new NotAnswering(`the agent belongs to another user: ${socketPath} may not be opened`);
  return new NotRunning("no agent answers");
}
