/** A longer line is told in parts of this many bytes: output without line ends must not fill the memory. */
const LIMIT_BYTES = 64 * 1024;

export interface Line {
  text: string;
  /** The offset of the byte after it. */
  end: number;
}

/** Cuts bytes into lines, whatever the pieces in which they come. */
export class LineCutter {
  #rest = Buffer.alloc(0);
  #end: number | null = null;

  /** The lines that are whole now. `end` is the offset after the chunk; what is missing before it ends a line, too. */
  take(chunk: Buffer, end: number): Line[] {
    const broken = this.#end === null || this.#end === end - chunk.length ? null : this.rest(this.#end);
    if (broken !== null) this.#rest = Buffer.alloc(0);
    this.#end = end;
    const whole = this.#cut(chunk, end);
    return broken === null ? whole : [broken, ...whole];
  }

  #cut(chunk: Buffer, end: number): Line[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const first = end - bytes.length;
    const lines: Line[] = [];
    let start = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, start)) {
      lines.push({ text: textOf(bytes.subarray(start, at)), end: first + at + 1 });
      start = at + 1;
    }
    for (; bytes.length - start > LIMIT_BYTES; start += LIMIT_BYTES) {
      lines.push({ text: textOf(bytes.subarray(start, start + LIMIT_BYTES)), end: first + start + LIMIT_BYTES });
    }
    this.#rest = Buffer.from(bytes.subarray(start));
    return lines;
  }

  /** What has no line end yet, or null. `end` is the offset after it. */
  rest(end: number): Line | null {
    const text = textOf(this.#rest);
    return text === "" ? null : { text, end };
  }
}

/** Holes read as nothing: they are no part of the output. */
function textOf(bytes: Buffer): string {
  return bytes.toString("utf8").replaceAll("\0", "").replace(/\r$/, "");
}
