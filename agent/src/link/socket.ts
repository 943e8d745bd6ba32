import { FRAME_LIMIT_BYTES, PING, PONG } from "@afloat/shared/wire";
import type { WebSocket as Socket } from "ws";
import type { Ended } from "./core/link-types.ts";
import { REVOKED } from "./http.ts";
import { faultWords } from "./post.ts";
import { type Ear, FINISH_MS, type Transport } from "./transport.ts";

const HANDSHAKE_MS = 10_000;

/** One WebSocket to the cloud. `ws` is loaded only now: a host without a cloud does not pay for it. */
export async function openSocket(cloud: string, credential: string, ear: Ear): Promise<Transport> {
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(`${cloud.replace(/^http/, "ws").replace(/\/$/, "")}/agent/connect`, {
    headers: { authorization: `Bearer ${credential}` },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: 4 * FRAME_LIMIT_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
    // Said outright: NODE_TLS_REJECT_UNAUTHORIZED in the environment must not turn it off.
    rejectUnauthorized: true,
  });
  const mute = listen(socket, ear);
  const send = (text: string) => {
    // What is sent into a closed one is lost; `ended` comes, and it is sent again.
    if (socket.readyState === socket.OPEN) socket.send(text);
  };
  return {
    via: "socket",
    send: (message) => send(JSON.stringify(message)),
    beat: () => send(PING),
    close: () => {
      mute();
      socket.terminate();
    },
    finish: () => {
      mute();
      return closed(socket);
    },
  };
}

/** Answers the way to hear no more. */
function listen(socket: Socket, ear: Ear): () => void {
  let over = false;
  const end = (how: Ended) => {
    if (over) return;
    over = true;
    socket.terminate();
    ear.ended(how);
  };
  socket.on("open", () => over || ear.opened());
  socket.on("message", (data: Buffer) => {
    if (over) return;
    const text = data.toString("utf8");
    if (text === PONG) ear.pong();
    else ear.heard(text);
  });
  socket.on("unexpected-response", (_request, answer) => {
    const { statusCode: status = 0, headers } = answer;
    const moved = headers.location === undefined ? "" : `, moved to ${headers.location}: not followed`;
    end(status === 401 ? REVOKED : { kind: "lost", why: `the cloud answered ${status} to a WebSocket${moved}` });
  });
  socket.on("error", (error) => end({ kind: "lost", why: faultWords(error) }));
  socket.on("close", (code, reason) => end(endedBy(code, reason.toString("utf8"))));
  return () => (over = true);
}

async function closed(socket: Socket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, FINISH_MS).unref();
    socket.on("close", () => resolve());
    socket.close(1000);
  });
  socket.terminate();
}

/** The Fleet's own closing codes (4000-4999). */
function endedBy(code: number, reason: string): Ended {
  if (code === 4003) return REVOKED;
  if (code === 4009) return { kind: "in-use-elsewhere", why: IN_USE };
  return { kind: "lost", why: `the connection closed (${code}${reason === "" ? "" : `, ${reason}`})` };
}

const IN_USE = "the credential is in use on another machine: enrol this one by itself with afloat enroll --again";
