import { PING, PONG } from "@afloat/shared/wire";
import type { Ear, Ended, Transport } from "./transport.ts";

const HANDSHAKE_MS = 10_000;
const PONG_WITHIN_MS = 10_000;
const MESSAGE_LIMIT_BYTES = 1024 * 1024;

/** One WebSocket to the cloud. `ws` is loaded only now: a host without a cloud does not pay for it. */
export async function openSocket(cloud: string, credential: string, ear: Ear): Promise<Transport> {
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(`${cloud.replace(/^http/, "ws").replace(/\/$/, "")}/agent/connect`, {
    headers: { authorization: `Bearer ${credential}` },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MESSAGE_LIMIT_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
  });
  let deadline: NodeJS.Timeout | undefined;
  let over = false;
  const end = (how: Ended) => {
    clearTimeout(deadline);
    if (over) return;
    over = true;
    ear.ended(how);
  };
  socket.on("open", () => ear.opened());
  socket.on("message", (data: Buffer) => {
    const text = data.toString("utf8");
    if (text === PONG) clearTimeout(deadline);
    else ear.heard(text);
  });
  socket.on("unexpected-response", (_request, answer) => {
    const status = answer.statusCode ?? 0;
    end({ kind: status === 401 ? "revoked" : "lost", why: `the cloud answered ${status}` });
    socket.terminate();
  });
  socket.on("error", (error) => end({ kind: "lost", why: error.message }));
  socket.on("close", (code, reason) => end(endedBy(code, reason.toString("utf8"))));
  return {
    via: "socket",
    send: (message) => socket.send(JSON.stringify(message)),
    beat: () => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(PING);
      clearTimeout(deadline);
      deadline = setTimeout(() => {
        end({ kind: "lost", why: `no answer to a heartbeat within ${PONG_WITHIN_MS / 1000} s` });
        socket.terminate();
      }, PONG_WITHIN_MS);
    },
    close: () => {
      over = true;
      clearTimeout(deadline);
      socket.close(1000);
      setTimeout(() => socket.terminate(), 1_000).unref();
    },
  };
}

/** The Fleet's own closing codes (4000-4999). */
function endedBy(code: number, reason: string): Ended {
  if (code === 4003) return { kind: "revoked", why: "the credential is not in force any more" };
  if (code === 4009) return { kind: "in-use-elsewhere", why: "the credential is in use on another machine" };
  return { kind: "lost", why: `the connection closed (${code}${reason === "" ? "" : `, ${reason}`})` };
}
