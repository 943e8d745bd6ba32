import { type LiveMessage, SEEN, SEEN_EVERY } from "../src/live.ts";

const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = 8_000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
/** The server hangs up on who may look no longer; the page asks again who he is. */
const DISMISSED = 4011;

/**
 * Listens to the organization's Fleet for as long as the page is open. `lost` is called whenever what is shown may be old. A
 * socket that is listed but dead is found by its missing pong.
 */
export function watchLive(heard: (message: LiveMessage) => void, lost: () => void): () => void {
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
    const opened = new WebSocket(`${location.origin.replace(/^http/, "ws")}/app/live`);
    let unsaid = 0;
    socket = opened;
    opened.addEventListener("message", (event: MessageEvent<string>) => {
      clearTimeout(deadline);
      failures = 0;
      if (event.data === "pong") return;
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
    socket?.close();
  };
}
