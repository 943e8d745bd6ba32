import type { HttpEndpoint } from "@afloat/shared/spec";
import { fits } from "./body-pattern.ts";
import type { Outcome } from "./endpoint.ts";

/** What is read of a head at most, bytes: a status line and headers need no more. */
const HEAD_LIMIT_BYTES = 16 * 1024;
/** How much of a body is looked at, bytes: enough for any health report. */
const BODY_LIMIT_BYTES = 64 * 1024;

const NEWLINE = 10;
const TOO_SLOW = "the regular expression of `body` takes too long on its answer; write a simpler one";

/** Reads an answer piece by piece, until it is known what it comes to. */
export class Answer {
  readonly #endpoint: HttpEndpoint;
  /** Bytes as characters (latin1), so that positions are positions of bytes. */
  #text = "";
  #headBytes = 0;
  #status: number | null = null;
  #bodyAt = 0;
  /** How much of the body was looked at last; more is only when it has doubled. */
  #lookedBytes = 0;
  #head = "";

  constructor(endpoint: HttpEndpoint) {
    this.#endpoint = endpoint;
  }

  /** The next piece; answers the outcome once it is certain. */
  read(piece: Buffer): Outcome | null {
    this.#text += piece.toString("latin1");
    if (this.#status === null) {
      this.#headBytes += piece.length;
      // Only the end of a line says something new: who sends byte after byte must not have all of it read again each time.
      const decides = piece.includes(NEWLINE) || this.#text.length < 64 || this.#headBytes > HEAD_LIMIT_BYTES;
      const outcome = decides ? this.#readHead() : null;
      if (outcome !== null) return outcome;
    }
    return this.#status !== null && this.#isWorthALook(piece) ? this.#readBody(this.#status, false) : null;
  }

  /** Time is over: what has come may be enough. */
  timedOut(): Outcome {
    const known = this.#status === null ? null : this.#readBody(this.#status, true);
    return known?.kind === "ok" || known?.kind === "failed" ? known : { kind: "timeout" };
  }

  /** The other side has said all. */
  ended(): Outcome {
    if (this.#status !== null)
      return this.#readBody(this.#status, true) ?? { kind: "reset", detail: "closed in the midst of its answer" };
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
    this.#head = text.slice(0, end.index);
    if (!expect.some(({ from, to }) => status >= from && status <= to)) return this.#unexpected(status);
    if (body === null) return { kind: "ok", status };
    this.#status = status;
    this.#bodyAt = end.index + end[0].length;
    return null;
  }

  #unexpected(status: number): Outcome {
    const location = this.#header("location");
    if (status >= 300 && status < 400 && location !== null)
      return { kind: "redirect", status, location: location.slice(0, 200) };
    return { kind: "status", status };
  }

  /** Whole, too long, or twice as much as before: a body that trickles is not to be read from its beginning each time. */
  #isWorthALook(piece: Buffer): boolean {
    const bytes = this.#text.length - this.#bodyAt;
    if (bytes >= Math.min(BODY_LIMIT_BYTES, 2 * this.#lookedBytes)) return true;
    if (this.#isChunked()) return piece.includes(NEWLINE);
    const length = this.#header("content-length");
    return length !== null && bytes >= Number(length);
  }

  /** A body that matches is enough; one that does not must be whole, or too long. */
  #readBody(status: number, ended: boolean): Outcome | null {
    const raw = this.#text.slice(this.#bodyAt, this.#bodyAt + BODY_LIMIT_BYTES);
    const { bytes, whole } = this.#decode(raw, ended);
    if (!ended && !whole && raw.length < BODY_LIMIT_BYTES && raw.length < 2 * this.#lookedBytes) return null;
    this.#lookedBytes = raw.length;
    const matches = fits(this.#endpoint.body ?? "", Buffer.from(bytes, "latin1").toString("utf8"));
    if (matches === null) return { kind: "failed", detail: TOO_SLOW };
    if (matches) return { kind: "ok", status };
    return whole || raw.length >= BODY_LIMIT_BYTES ? { kind: "body", status } : null;
  }

  #decode(raw: string, ended: boolean): { bytes: string; whole: boolean } {
    if (this.#isChunked()) return unchunk(raw);
    const length = this.#header("content-length");
    if (length === null) return { bytes: raw, whole: ended };
    return { bytes: raw.slice(0, Number(length)), whole: raw.length >= Number(length) };
  }

  #isChunked(): boolean {
    return /\bchunked\b/i.test(this.#header("transfer-encoding") ?? "");
  }

  #header(name: string): string | null {
    return new RegExp(String.raw`\r?\n${name}:[ \t]*([^\r\n]*)`, "i").exec(this.#head)?.[1] ?? null;
  }
}

/** The content of a chunked body (RFC 9112, 7.1), as far as it has come. */
function unchunk(raw: string): { bytes: string; whole: boolean } {
  let bytes = "";
  for (let at = 0; ;) {
    const line = /^([0-9a-f]{1,8})[^\r\n]*\r?\n/i.exec(raw.slice(at, at + 200));
    if (line === null) return { bytes, whole: false };
    const size = Number.parseInt(line[1] ?? "0", 16);
    if (size === 0) return { bytes, whole: true };
    at += line[0].length;
    bytes += raw.slice(at, at + size);
    at += size + 2;
  }
}

function malformed(text: string): Outcome {
  const start = text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, "·");
  return { kind: "malformed", detail: `begins with ${JSON.stringify(start)}` };
}
