import fc from "fast-check";

/** What may come over the control socket from a broken or a hostile program: bytes, nearly right requests, right ones of the wrong kind. */

const VERSION = 1;
/** Calls that change something: they are sent for services that are not there. */
const CALLS = [
  "status",
  "watch",
  "measure",
  "explain",
  "ask",
  "recheck",
  "reset",
  "reload",
  "down",
  "exec",
  "__proto__",
  "",
];
const NAMES = [
  "ghost",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "../../etc/passwd",
  "*",
  "",
  "é\u0000",
  "a".repeat(64),
];

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(-0, 2 ** 53, null, { toString: 1, valueOf: 1 }, { toJSON: "x" }, [[[[]]]], "\uD800", {
    __proto__: { a: 1 },
  }),
);

const request = fc
  .record({
    version: fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>(VERSION) }, { weight: 1, arbitrary: odd }),
    id: fc.oneof({ weight: 5, arbitrary: fc.nat() }, { weight: 1, arbitrary: odd }),
    call: fc.oneof({ weight: 8, arbitrary: fc.constantFrom<unknown>(...CALLS) }, { weight: 1, arbitrary: odd }),
    verb: fc.oneof(fc.constantFrom<unknown>("restart", "start", "stop", "pause", "resume", "check", "logs"), odd),
    services: fc.oneof(
      { weight: 4, arbitrary: fc.array(fc.constantFrom(...NAMES), { maxLength: 5 }) as fc.Arbitrary<unknown> },
      { weight: 1, arbitrary: odd },
    ),
    by: fc.oneof(fc.constant<unknown>("junk"), odd),
    more: odd,
  })
  .map((fields) => JSON.stringify(fields).replace('"more"', '"__proto__"'));

/** A byte or some are changed, lost, doubled. */
const mutated = fc
  .tuple(request, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(3)), { minLength: 1, maxLength: 4 }))
  .map(([text, changes]) => {
    let bytes = Buffer.from(text);
    for (const [where, byte, kind] of changes) {
      const at = where % Math.max(1, bytes.length);
      const middle = [[byte], [], [bytes[at] ?? 0, bytes[at] ?? 0], [byte, byte]][kind] ?? [];
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(middle), bytes.subarray(at + 1)]);
    }
    return bytes;
  });

/** A line, with its end or without. */
export const junk: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
      { weight: 5, arbitrary: request.map((text) => Buffer.from(text)) },
      { weight: 6, arbitrary: mutated },
      { weight: 1, arbitrary: fc.nat(200_000).map((length) => Buffer.alloc(length, "x")) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom("[", '{"a":', '"', "\\", " ", "9"), fc.nat(20_000))
          .map(([unit, times]) => Buffer.from(unit.repeat(times).slice(0, 60_000))),
      },
      { weight: 1, arbitrary: fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)) },
    ),
    fc.constantFrom("\n", "\n", "\n", "\n", "", "\r\n", "\n\n\n"),
  )
  .map(([line, end]) => Buffer.concat([line, Buffer.from(end)]))
  .filter((line) => !asksForTheEnd(line));

/** A right `down` would be obeyed, and rightly. */
function asksForTheEnd(bytes: Buffer): boolean {
  return bytes
    .toString("utf8")
    .split("\n")
    .some((line) => /"call"\s*:\s*"down"/.test(line) && /"version"\s*:\s*1\b/.test(line) && isJson(line));
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
