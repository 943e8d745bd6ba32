/** As much of RFC 6455 as a proxy needs to harm a connection at a place of its choice. */

const TEXT = 1;

/** Cuts a stream of bytes into whole WebSocket frames, as they come. */
export class FrameSplitter {
  #rest = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    for (let size = frameSize(this.#rest); size !== null && size <= this.#rest.length; size = frameSize(this.#rest)) {
      frames.push(this.#rest.subarray(0, size));
      this.#rest = this.#rest.subarray(size);
    }
    return frames;
  }
}

/** One whole frame around these bytes. `masked`: as a client must send it; with a key of zeros, which changes nothing. */
export function frameOf(payload: Buffer, masked: boolean, opcode = TEXT): Buffer {
  const { length } = payload;
  const small = length < 126;
  const head = Buffer.alloc(small ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = (masked ? 0x80 : 0) | (small ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat(masked ? [head, Buffer.alloc(4), payload] : [head, payload]);
}

/** The same frame with a bit set that is reserved in every protocol of today: whoever reads it must hang up. */
export function withReservedBit(frame: Buffer): Buffer {
  const harmed = Buffer.from(frame);
  harmed[0] = (harmed[0] ?? 0) ^ 0x10;
  return harmed;
}

/** The same frame with one bit of its content changed: `{` becomes `[`, so that it is whole, and nonsense. */
export function withChangedContent(frame: Buffer): Buffer {
  const harmed = Buffer.from(frame);
  const at = headSize(frame);
  if (at < harmed.length) harmed[at] = (harmed[at] ?? 0) ^ 0x20;
  return harmed;
}

function frameSize(bytes: Buffer): number | null {
  if (bytes.length < 2 || bytes.length < headSize(bytes)) return null;
  const short = (bytes[1] ?? 0) & 0x7f;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  return headSize(bytes) + length;
}

function headSize(bytes: Buffer): number {
  const second = bytes[1] ?? 0;
  const short = second & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4);
}
