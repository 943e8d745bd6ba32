import fc from "fast-check";
import { expect, it } from "vitest";
import {
  escaped,
  hasVariables,
  namesInLine,
  substitute,
  typedScalar,
  type Variables,
} from "../src/config/variables.ts";

const known = new Map([
  ["PORT", "5001"],
  ["EMPTY", ""],
  ["ODD", "a: [b, ${PORT}] # c\n- d"],
]);
const variables: Variables = (name) => {
  const value = known.get(name);
  return value === undefined ? null : { value, from: "the environment" };
};
const become = (text: string) => {
  const result = substitute(text, variables);
  return "fault" in result ? `refused: ${result.fault}` : result.text;
};

it.each([
  ["${PORT}", "5001"],
  ["http://localhost:${PORT}/${EMPTY}x", "http://localhost:5001/x"],
  ["${NONE:-80}", "80"],
  ["${EMPTY:-80}", "80"],
  ["${EMPTY-80}", ""],
  ["${NONE-80}", "80"],
  ["${NONE:-}", ""],
  ["${NONE:-${PORT}}", "5001"],
  ["${NONE:-${ALSO_NONE:-a}}b", "ab"],
  ["${PORT:+set}", "set"],
  ["${EMPTY:+set}", ""],
  ["${EMPTY+set}", "set"],
  ["${NONE+set}", ""],
  ["${PORT:?must be there}", "5001"],
  ["${PORT:-${NONE}}", "5001"],
  ["$${PORT}", "${PORT}"],
  ["a$${b", "a${b"],
  ["$PORT costs $5 and $$", "$PORT costs $5 and $$"],
  ["}{", "}{"],
  ["${NONE:-a}b}", "ab}"],
])("%s becomes %s, as docker compose and POSIX have it", (text, expected) => {
  expect(become(text)).toBe(expected);
});

it.each([
  ["${NONE}", "NONE is not set; set it, or write what to take then: ${NONE:-…}"],
  ["${NONE:?where is it}", "NONE is not set: where is it"],
  ["${EMPTY:?}", "EMPTY is empty"],
  ["${NONE?gone}", "NONE is not set: gone"],
  ["${PORT", "expected ${NAME}"],
  ["${NONE:-a", "has a ${ without its }"],
  ["${}", "expected ${NAME}"],
  ["${1}", "expected ${NAME}"],
  ["${PORT/5/6}", "got `${PORT/5/6}`; a literal ${ is written $${"],
])("%s is refused, and it is said how to mend it", (text, expected) => {
  expect(become(text)).toContain(expected);
});

it("what is put in is text, and is not looked at again", () => {
  expect(become("${ODD}")).toBe("a: [b, ${PORT}] # c\n- d");
});

it("a value without `${` stays as it is, and an escaped one comes back, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "A", ":", "-", " ") }), (text) => {
      expect(become(escaped(text))).toBe(text);
      expect(hasVariables(escaped(text))).toBe(false);
      if (!text.includes("${")) expect(become(text)).toBe(text);
    }),
  );
});

it("it always ends, with a text or a reason: also for defaults within defaults without end", () => {
  expect(become("${A:-".repeat(50_000))).toContain("refused");
  expect(become(`${"${A:-".repeat(11)}x${"}".repeat(11)}`)).toContain("more than 10 deep");
  const many = substitute("${BIG}".repeat(100), () => ({ value: "x".repeat(10_000), from: "" }));
  expect(many).toMatchObject({ fault: expect.stringContaining("longer than") });
  const parts = fc.constantFrom("$", "${", "}", "PORT", ":-", "-", ":?", "NONE", " ", "x", ":+");
  fc.assert(
    fc.property(fc.array(parts), (words) => {
      expect(typeof become(words.join(""))).toBe("string");
    }),
  );
});

it("the names in a line for the shell are told, and which of them the line has a default for", () => {
  expect(namesInLine("echo ${A} $B ${C:-1} ${D=2} ${A:-3} ${#E}")).toEqual([
    { name: "A", hasDefault: false },
    { name: "C", hasDefault: true },
    { name: "D", hasDefault: true },
  ]);
});

it("where a number or a boolean is wanted, a text is read as YAML would", () => {
  expect(["5001", "-3", "1.5", "1e3", "true", "False"].map(typedScalar)).toEqual([5001, -3, 1.5, 1000, true, false]);
  expect(["", "yes", "5001x", "0x10", "[1]", "5 001"].map(typedScalar)).toEqual([
    "",
    "yes",
    "5001x",
    "0x10",
    "[1]",
    "5 001",
  ]);
});
