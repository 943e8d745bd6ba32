import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Body } from "../src/probe/http-body.ts";

const LIMIT_BYTES = 64 * 1024;
const content = fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes));
const cuts = fc.array(fc.nat(6000), { maxLength: 40 });

/** The same bytes in pieces. */
function pieces(bytes: Buffer, at: number[]): Buffer[] {
  const sorted = [0, ...at.filter((each) => each < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
}

function chunked(bytes: Buffer, at: number[], extension: string): Buffer {
  const chunks = pieces(bytes, at).filter((each) => each.length > 0);
  const packed = chunks.flatMap((each) => [`${each.length.toString(16)}${extension}\r\n`, each, "\r\n"]);
  return Buffer.concat([...packed, "0\r\n\r\n"].map((each) => Buffer.from(each)));
}

function read(body: Body, came: Buffer[]): Body {
  for (const piece of came) body.add(piece);
  return body;
}

describe("a body comes out whole, however it is cut", () => {
  it("in chunks, with or without extensions, and nothing after its end belongs to it", () => {
    const extension = fc.constantFrom("", ";name=value", "  ", `;${"x".repeat(150)}`);
    fc.assert(
      fc.property(content, cuts, cuts, extension, fc.string(), (bytes, chunks, cut, extension, after) => {
        const sent = Buffer.concat([chunked(bytes, chunks, extension), Buffer.from(after)]);
        fc.pre(sent.length < LIMIT_BYTES);
        const body = read(new Body({ kind: "chunked" }), pieces(sent, cut));
        expect(body.text()).toBe(bytes.toString("utf8"));
        expect(body.isWhole).toBe(true);
      }),
    );
  });

  it("by its length: not whole one byte before, and no more than it", () => {
    fc.assert(
      fc.property(content, cuts, (bytes, cut) => {
        const [short, right] = [bytes.length + 1, bytes.length].map((length) =>
          read(new Body({ kind: "length", bytes: length }), pieces(bytes, cut)),
        );
        expect(short?.isWhole).toBe(false);
        expect(short?.mayEnd).toBe(false);
        expect(right?.isWhole).toBe(true);
        right?.add(Buffer.from("and more"));
        expect(right?.text()).toBe(bytes.toString("utf8"));
      }),
    );
  });

  it("with its connection: never whole before, and whole enough then", () => {
    const body = read(new Body({ kind: "close" }), [Buffer.from("we"), Buffer.from("ll")]);
    expect([body.text(), body.isWhole, body.mayEnd]).toEqual(["well", false, true]);
  });
});

describe("what a body may cost", () => {
  it.each([
    ["without an end", { kind: "close" as const }, Buffer.alloc(1000, "x"), LIMIT_BYTES],
    ["longer than it is looked at", { kind: "length" as const, bytes: 1e9 }, Buffer.alloc(1000, "x"), LIMIT_BYTES],
    ["in chunks of one byte", { kind: "chunked" as const }, Buffer.from("1\r\na\r\n".repeat(200)), LIMIT_BYTES / 6],
  ])("is 64 KB of what comes: %s", (_, framing, piece, length) => {
    const body = new Body(framing);
    for (let came = 0; came < 2 * LIMIT_BYTES; came += piece.length) {
      expect(body.isFull).toBe(came >= LIMIT_BYTES);
      body.add(piece);
    }
    expect(body.length).toBe(Math.ceil(length));
  });

  it.each(["zz\r\n", "\r\n", "123456789\r\n", "1\r\nab\r\n", "-1\r\n", "1".repeat(5000)])(
    "is nothing after what is no chunk (%#)",
    (broken) => {
      const body = read(new Body({ kind: "chunked" }), [Buffer.from(broken), Buffer.from("1\r\nc\r\n0\r\n\r\n")]);
      expect(body.text()).not.toContain("c");
      expect(body.isWhole).toBe(false);
    },
  );

  it("whatever comes, it throws nothing and keeps no more than came", () => {
    fc.assert(
      fc.property(fc.array(content, { maxLength: 10 }), (came) => {
        const body = read(new Body({ kind: "chunked" }), came);
        expect(body.length).toBeLessThanOrEqual(Buffer.concat(came).length);
      }),
    );
  });
});
