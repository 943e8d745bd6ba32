import { exports } from "cloudflare:workers";
import { type LiveMessage, SEEN, SEEN_EVERY } from "../src/live.ts";
import { ORIGIN, signIn } from "./signed-in.ts";
import { eventually } from "./test-agent.ts";

type Closed = { code: number; reason: string };

interface Looker {
  seen: LiveMessage[];
  say: (text: string) => void;
  leave: () => void;
  /** How the Fleet hung up; null while it has not. */
  closed: () => Closed | null;
  isClosed: () => Promise<Closed>;
}

/** A signed-in person's open dashboard. `reads`: it says what it has read, as the page does. `shard`: what of one Fleet is told. */
export async function look(
  organizationId: string,
  { reads = false, shard }: { reads?: boolean; shard?: number } = {},
): Promise<Looker> {
  const cookie = await signIn(organizationId, "viewer");
  const headers = { cookie, origin: ORIGIN, Upgrade: "websocket" };
  const query = shard === undefined ? "" : `?shard=${shard}`;
  const answer = await exports.default.fetch(`${ORIGIN}/app/live${query}`, { headers });
  const socket = answer.webSocket;
  if (socket === null) throw new Error(`refused with ${answer.status}`);
  socket.accept();
  const seen: LiveMessage[] = [];
  let closed: Closed | null = null;
  let unsaid = 0;
  socket.addEventListener("message", ({ data }) => {
    const text = String(data);
    if (text === "pong") return;
    if (reads) for (unsaid += text.length; unsaid >= SEEN_EVERY; unsaid -= SEEN_EVERY) socket.send(SEEN);
    seen.push(JSON.parse(text));
  });
  socket.addEventListener("close", ({ code, reason }) => {
    closed = { code, reason };
  });
  return {
    seen,
    say: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    leave: () => socket.close(1000, "seen enough"),
    closed: () => closed,
    isClosed: () => eventually("the dashboard to be dropped", () => closed),
  };
}
