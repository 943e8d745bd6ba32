import type { IncomingMessage } from "node:http";
import { FRAME_LIMIT_BYTES, PING, PONG } from "@afloat/shared/wire";
import type { WebSocket as Socket } from "ws";
import { answerOf, failedBy, refusedBy, type TlsFacts, tlsOf } from "./answer.ts";
import { REVOKED } from "./core/decide-fault.ts";
import type { Ended } from "./core/faults.ts";
import { type Ear, FINISH_MS, type Transport } from "./transport.ts";
import { agentOf, type Way } from "./way.ts";

const HANDSHAKE_MS = 10_000;
/** Of an answer that is no upgrade so much is read, and for so long: enough for Afloat's own words, characters and milliseconds. */
const REFUSAL_LIMIT = 4_096;
const REFUSAL_MS = 2_000;

/** One WebSocket to the cloud. `ws` is loaded only now: a host without a cloud does not pay for it. */
export async function openSocket(way: Way, credential: string, ear: Ear): Promise<Transport> {
  const { WebSocket } = await import("ws");
  const agent = agentOf(way);
  const socket = new WebSocket(`${way.cloud.replace(/^http/, "ws")}/agent/connect`, {
    agent,
    headers: { authorization: `Bearer ${credential}` },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: 4 * FRAME_LIMIT_BYTES,
    // Only hello is large, and seldom said; a compressor for each socket costs memory at both ends: docs/link.md has the figures.
    perMessageDeflate: false,
    followRedirects: false,
  });
  let tls: TlsFacts | null = null;
  socket.on("upgrade", (answer) => (tls = tlsOf(answer.socket)));
  socket.on("close", () => agent.destroy());
  const mute = listen(socket, way.cloud, ear);
  const send = (text: string) => {
    // What is sent into a closed one is lost; `ended` comes, and it is sent again.
    if (socket.readyState === socket.OPEN) socket.send(text);
  };
  return {
    via: "socket",
    tls: () => tls,
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
function listen(socket: Socket, cloud: string, ear: Ear): () => void {
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
    void readRefusal(answer).then((body) => end(refusedBy(answerOf(answer, body), "socket")));
  });
  socket.on("error", (error) => end(failedBy(error, cloud)));
  socket.on("close", (code, reason) => end(endedBy(code, reason.toString("utf8"))));
  return () => (over = true);
}

/** Its beginning, however it ends. */
function readRefusal(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const done = () => resolve(heard.slice(0, REFUSAL_LIMIT));
    const late = setTimeout(done, REFUSAL_MS);
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      heard += chunk;
      if (heard.length >= REFUSAL_LIMIT) done();
    });
    for (const event of ["end", "error", "close"]) answer.on(event, done);
    answer.on("close", () => clearTimeout(late));
  });
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
  if (code === 4003) return { kind: "revoked", why: REVOKED };
  if (code === 4009) return { kind: "in-use-elsewhere", why: "this host's credential is in use on another machine" };
  if (code === 4012) return { kind: "moved", why: "the cloud moved this host to another of its parts" };
  return { kind: "lost", why: `the connection closed (${code}${reason === "" ? "" : `, ${reason}`})` };
}
