import type { HttpEndpoint } from "@afloat/shared/spec";
import { fits } from "./body-pattern.ts";
import type { Outcome } from "./endpoint.ts";
import { Body } from "./http-body.ts";

/** What is read of a head at most, bytes: a status line and headers need no more. */
const HEAD_LIMIT_BYTES = 16 * 1024;

const NEWLINE = 10;
const TOO_SLOW = "the regular expression of `body` takes too long on its answer; write a simpler one";

/** Reads an answer piece by piece, until it is known what it comes to. */
export class Answer {
  readonly #endpoint: HttpEndpoint;
  /** Bytes as characters (latin1), so that positions are positions of bytes. */
  #text = "";
  #headBytes = 0;
  /** Once the head is read, and the body decides. */
  #awaited: { status: number; body: Body } | null = null;
  /** How much of the body was looked at last; more is only when it has doubled. */
  #lookedBytes = 0;

  constructor(endpoint: HttpEndpoint) {
    this.#endpoint = endpoint;
  }

  /** The next piece; answers the outcome once it is certain. */
  read(piece: Buffer): Outcome | null {
    if (this.#awaited !== null) {
      this.#awaited.body.add(piece);
      return this.#readBody(false);
    }
    this.#text += piece.toString("latin1");
    this.#headBytes += piece.length;
    // Only the end of a line says something new: who sends byte after byte must not have all of it read again each time.
    const decides = piece.includes(NEWLINE) || this.#text.length < 64 || this.#headBytes > HEAD_LIMIT_BYTES;
    return decides ? this.#readHead() : null;
  }

  /** Time is over: what has come may be enough. */
  timedOut(): Outcome {
    const known = this.#readBody(true);
    return known?.kind === "ok" || known?.kind === "failed" ? known : { kind: "timeout" };
  }

  /** The other side has said all. */
  ended(): Outcome {
    if (this.#awaited !== null)
      return this.#readBody(true) ?? { kind: "reset", detail: "closed in the midst of its answer" };
    return this.#text === "" ? { kind: "reset", detail: "closed without an answer" } : malformed(this.#text);
  }

  /** Looks at the head once it is whole. Null where it is not yet, or where the body decides. */
  #readHead(): Outcome | null {
    const { expect, body } = this.#endpoint;
    this.#text = this.#text.replace(/^(HTTP\/1\.[01] 1\d\d[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)+/, "");
    const text = this.#text;
    if (text.length >= 5 && !text.startsWith("HTTP/")) return malformed(text);
    const end = /\r?\n\r?\n/.exec(text);
    if (end === null) return this.#headBytes > HEAD_LIMIT_BYTES ? malformed(text) : null;
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r?\n)/.exec(text)?.[1]);
    if (!(status >= 200 && status <= 599)) return malformed(text);
    const head = text.slice(0, end.index);
    if (!expect.some(({ from, to }) => status >= from && status <= to)) return unexpected(status, head);
    if (body === null) return { kind: "ok", status };
    this.#text = "";
    this.#awaited = { status, body: bodyAfter(head) };
    this.#awaited.body.add(Buffer.from(text.slice(end.index + end[0].length), "latin1"));
    return this.#readBody(false);
  }

  /** A body that matches is enough; one that does not must be whole, or too long. Null while neither is known. */
  #readBody(isLast: boolean): Outcome | null {
    if (this.#awaited === null) return null;
    const { status, body } = this.#awaited;
    const isOver = body.isWhole || body.isFull || (isLast && body.mayEnd);
    // A body that trickles is not to be read from its beginning each time.
    if (!isOver && !isLast && body.length < Math.max(1, 2 * this.#lookedBytes)) return null;
    this.#lookedBytes = body.length;
    const matches = fits(this.#endpoint.body ?? "", body.text());
    if (matches === null) return { kind: "failed", detail: TOO_SLOW };
    if (matches) return { kind: "ok", status };
    return isOver ? { kind: "body", status } : null;
  }
}

function unexpected(status: number, head: string): Outcome {
  const location = headerOf(head, "location");
  if (status >= 300 && status < 400 && location !== null)
    return { kind: "redirect", status, location: location.slice(0, 200) };
  return { kind: "status", status };
}

function bodyAfter(head: string): Body {
  if (/\bchunked\b/i.test(headerOf(head, "transfer-encoding") ?? "")) return new Body({ kind: "chunked" });
  const length = headerOf(head, "content-length")?.trim() ?? "";
  return new Body(/^\d+$/.test(length) ? { kind: "length", bytes: Number(length) } : { kind: "close" });
}

function headerOf(head: string, name: string): string | null {
  return new RegExp(String.raw`\r?\n${name}:[ \t]*([^\r\n]*)`, "i").exec(head)?.[1] ?? null;
}

function malformed(text: string): Outcome {
  const start = text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, "·");
  return { kind: "malformed", detail: `begins with ${JSON.stringify(start)}` };
}
