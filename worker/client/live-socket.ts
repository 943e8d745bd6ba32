import { type LiveMessage, SEEN, SEEN_EVERY } from "../src/live.ts";

const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = 8_000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
/** The server hangs up on who may look no longer; the page asks again who he is. */
const DISMISSED = 4011;
/** What comes within so long of something shown is shown together, milliseconds: thousands of hosts say what their services use. */
const TOGETHER_MS = 100;

/** Fleets that the page is told by, and how many of them are live at this moment. */
export interface Standing {
  of: number;
  live: number;
}

/**
 * Listens to every Fleet of the organization for as long as the page is open: to the first, which says how many there are. What they
 * say comes in the order in which it was said, some at a time.
 */
export function watchLive(take: (messages: LiveMessage[], standing: Standing) => void): () => void {
  const lines: { stop: () => void; isLive: boolean }[] = [];
  let waiting: LiveMessage[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const standing = () => ({ of: lines.length, live: lines.filter(({ isLive }) => isLive).length });
  const show = () => {
    const messages = waiting;
    waiting = [];
    take(messages, standing());
  };
  const later = () => {
    timer = undefined;
    if (waiting.length === 0) return;
    show();
    timer = setTimeout(later, TOGETHER_MS);
  };
  const hear = (message: LiveMessage) => {
    waiting.push(message);
    if (timer !== undefined) return;
    show();
    timer = setTimeout(later, TOGETHER_MS);
  };
  const reach = (count: number) => {
    for (const { stop } of lines.splice(count)) stop();
    while (lines.length < count) open(lines.length);
  };
  const open = (shard: number) => {
    const line = { stop: () => {}, isLive: false };
    lines.push(line);
    const heard = (message: LiveMessage) => {
      line.isLive = true;
      if (message.type === "fleet") reach(message.shard?.of ?? 1);
      hear(message);
    };
    const lost = () => {
      line.isLive = false;
      take([], standing());
    };
    line.stop = watchShard(shard, heard, lost);
  };
  reach(1);
  return () => {
    clearTimeout(timer);
    reach(0);
  };
}

/**
 * Listens to one Fleet. `lost` is called whenever what is shown of it may be old. A socket that is listed but dead is found by its missing
 * pong.
 */
function watchShard(shard: number, heard: (message: LiveMessage) => void, lost: () => void): () => void {
  let failures = 0;
  let ended = false;
  let socket: WebSocket | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  const ping = setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send("ping");
    clearTimeout(deadline);
    deadline = setTimeout(() => socket?.close(), PONG_WITHIN_MS);
  }, PING_EVERY_MS);
  const connect = () => {
    clearTimeout(retry);
    const opened = new WebSocket(`${location.origin.replace(/^http/, "ws")}/app/live?shard=${shard}`);
    let unsaid = 0;
    socket = opened;
    opened.addEventListener("message", (event: MessageEvent<string>) => {
      clearTimeout(deadline);
      failures = 0;
      if (event.data === "pong" || ended) return;
      for (unsaid += event.data.length; unsaid >= SEEN_EVERY; unsaid -= SEEN_EVERY) opened.send(SEEN);
      const message: LiveMessage = JSON.parse(event.data);
      heard(message);
    });
    opened.addEventListener("close", (event) => {
      if (ended || socket !== opened) return;
      clearTimeout(deadline);
      lost();
      if (event.code === DISMISSED && event.reason === "signed out") location.reload();
      failures++;
      retry = setTimeout(connect, Math.random() * Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures));
    });
  };
  connect();
  return () => {
    ended = true;
    clearInterval(ping);
    clearTimeout(retry);
    clearTimeout(deadline);
    socket?.close();
  };
}
