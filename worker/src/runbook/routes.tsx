import { Hono } from "hono";
import { html } from "hono/html";
import type { Env } from "../env.ts";
import text from "../../../docs/runbook.md";
import { RunbookPage, runbookStyles } from "./runbook-page.tsx";

/** What to do about whatever Afloat says. Public, the same for everybody, without a script. */
export const runbookRoutes = new Hono<{ Bindings: Env }>();

/** How long a browser need not ask again, seconds. It changes with the program only. */
const MAX_AGE_S = 300;

/** Made once per isolate. */
let made: Promise<{ page: string; tag: string; policy: string }> | null = null;

runbookRoutes.get("/runbook", async (c) => {
  made ??= makePage();
  const { page, tag, policy } = await made;
  c.header("ETag", tag);
  c.header("Cache-Control", `public, max-age=${MAX_AGE_S}`);
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Referrer-Policy", "no-referrer");
  if (c.req.header("if-none-match") === tag) return c.body(null, 304);
  c.header("Content-Security-Policy", policy);
  return c.html(page);
});

async function makePage() {
  const page: string = await html`${<RunbookPage text={text} />}`;
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${await digestOf(runbookStyles)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return { page, tag: `"${await digestOf(page)}"`, policy };
}

/** SHA-256 in base64: a page that never differs is named by its style's digest, not by a nonce. */
async function digestOf(content: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
