/** How much of a body is looked at, bytes as they came: enough for any health report. */
const LIMIT_BYTES = 64 * 1024;
/** What most bodies need, bytes. */
const ROOM_BYTES = 1024;
/** The longest line before a chunk, bytes: its size, and what hardly anybody adds to it. */
const LINE_LIMIT_BYTES = 200;

const NEWLINE = 10;

/** How the end of a body is known (RFC 9112, 6.3). */
type Framing = { kind: "chunked" } | { kind: "length"; bytes: number } | { kind: "close" };

/** The content of a body, piece by piece: unpacked once as it comes, however small the pieces are. */
export class Body {
  readonly #framing: Framing;
  #content = Buffer.allocUnsafe(ROOM_BYTES);
  #length = 0;
  #cameBytes = 0;
  #whole: boolean;
  /** Of a chunked one: what the next byte belongs to. */
  #in: "line" | "chunk" | "end of chunk" | "broken" = "line";
  #line = "";
  #left = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
    this.#whole = framing.kind === "length" && framing.bytes === 0;
  }

  /** Takes the next piece. Nothing of it is kept but its content. */
  add(piece: Buffer): void {
    const room = LIMIT_BYTES - this.#cameBytes;
    const taken = piece.subarray(0, room);
    this.#cameBytes += taken.length;
    if (this.#framing.kind === "chunked") this.#unpack(taken);
    else if (this.#framing.kind === "close") this.#keep(taken);
    else {
      this.#keep(taken.subarray(0, this.#framing.bytes - this.#length));
      this.#whole = this.#length >= this.#framing.bytes;
    }
  }

  /** How much content there is so far, bytes. */
  get length(): number {
    return this.#length;
  }

  /** True once it came to its end, by what it says of itself. One that ends with its connection never says so. */
  get isWhole(): boolean {
    return this.#whole;
  }

  /** True where the other side, having said all, need not have said more. */
  get mayEnd(): boolean {
    return this.#whole || this.#framing.kind === "close";
  }

  /** True where no more of it is looked at. */
  get isFull(): boolean {
    return this.#cameBytes >= LIMIT_BYTES;
  }

  /** The content so far. */
  text(): string {
    return this.#content.toString("utf8", 0, this.#length);
  }

  #keep(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#content.length) {
      const wider = Buffer.allocUnsafe(Math.max(length, 2 * this.#content.length));
      this.#content.copy(wider, 0, 0, this.#length);
      this.#content = wider;
    }
    bytes.copy(this.#content, this.#length);
    this.#length = length;
  }

  /** The content of chunks (RFC 9112, 7.1), as far as it has come. */
  #unpack(piece: Buffer): void {
    for (let at = 0; at < piece.length && !this.#whole && this.#in !== "broken";) {
      if (this.#in === "chunk") at += this.#takeChunk(piece.subarray(at, at + this.#left));
      else at += this.#takeLine(piece, at);
    }
  }

  #takeChunk(bytes: Buffer): number {
    this.#keep(bytes);
    this.#left -= bytes.length;
    if (this.#left === 0) this.#in = "end of chunk";
    return bytes.length;
  }

  /** Up to the end of the line, or of the piece. */
  #takeLine(piece: Buffer, at: number): number {
    const newline = piece.indexOf(NEWLINE, at);
    const end = newline === -1 ? piece.length : newline + 1;
    this.#line += piece.toString("latin1", at, Math.min(end, at + LINE_LIMIT_BYTES));
    if (newline !== -1) this.#endLine();
    else if (this.#line.length >= LINE_LIMIT_BYTES) this.#in = "broken";
    return end - at;
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = "";
    if (this.#in === "end of chunk") {
      this.#in = /^\r?\n$/.test(line) ? "line" : "broken";
      return;
    }
    const size = /^([0-9a-f]{1,8})(?![0-9a-f])/i.exec(line)?.[1];
    this.#left = Number.parseInt(size ?? "0", 16);
    this.#in = size === undefined ? "broken" : "chunk";
    this.#whole = size !== undefined && this.#left === 0;
  }
}
