import type { Browser, Page } from "playwright-core";
import { type LiveMessage, SEEN, SEEN_EVERY } from "@afloat/worker/live";
import { WebSocket } from "ws";

/** A person of an organization, signed in: what his browser can do, with or without a window. */
export class Member {
  readonly slug: string;
  readonly url: string;
  readonly cookie: string;

  private constructor(url: string, slug: string, cookie: string) {
    this.url = url;
    this.slug = slug;
    this.cookie = cookie;
  }

  static async enter(url: string, slug: string, link: string): Promise<Member> {
    const answer = await fetch(link, { redirect: "manual" });
    const cookie = answer.headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    if (answer.headers.get("location")?.endsWith("/app") !== true) throw new Error(`the link led to ${answer.status}`);
    return new Member(url, slug, cookie);
  }

  get(path: string): Promise<Response> {
    return fetch(this.url + path, { headers: { cookie: this.cookie, accept: "text/html" }, redirect: "manual" });
  }

  post(path: string, body: object): Promise<Response> {
    return fetch(this.url + path, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: this.cookie, origin: this.url, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  submit(path: string, fields: Record<string, string>): Promise<Response> {
    return fetch(this.url + path, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: this.cookie, origin: this.url },
      body: new URLSearchParams(fields),
    });
  }

  /**
   * What is pushed to an open dashboard, as it comes; kept, unless somebody takes it. `lost`: the server hung up. `shard`: by which of the
   * organization's Fleets.
   */
  async watch(
    take?: (message: LiveMessage) => void,
    lost?: () => void,
    shard = 0,
  ): Promise<{ messages: LiveMessage[]; close: () => void }> {
    const socket = new WebSocket(`${this.url.replace("http", "ws")}/app/live?shard=${shard}`, {
      headers: { cookie: this.cookie, origin: this.url },
    });
    const messages: LiveMessage[] = [];
    let unsaid = 0;
    // As the page does it (worker/client/live-socket.ts).
    const ping = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send("ping"), 20_000);
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      if (text === "pong") return;
      for (unsaid += text.length; unsaid >= SEEN_EVERY; unsaid -= SEEN_EVERY) socket.send(SEEN);
      const message: LiveMessage = JSON.parse(text);
      if (take === undefined) messages.push(message);
      else take(message);
    });
    let left = false;
    socket.once("close", () => {
      clearInterval(ping);
      if (!left) lost?.();
    });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const close = () => {
      left = true;
      socket.close();
    };
    return { messages, close };
  }

  /** A window of a real browser with his session, on the dashboard. */
  async open(browser: Browser, path = "/app"): Promise<Page> {
    const context = await browser.newContext();
    await context.addCookies(
      this.cookie.split("; ").map((each) => {
        const [name = "", ...value] = each.split("=");
        return { name, value: value.join("="), url: this.url };
      }),
    );
    const page = await context.newPage();
    await page.goto(this.url + path);
    return page;
  }
}
