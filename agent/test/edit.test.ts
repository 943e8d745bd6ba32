import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync, lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { difference } from "../src/cli/difference.ts";
import { editYaml } from "../src/config/edit.ts";
import { replaceFile } from "../src/config/replace.ts";

const path = ["services", "web", "health"];
const edited = (text: string, edit: Parameters<typeof editYaml>[1]) => {
  const result = editYaml(text, edit);
  return "text" in result ? result.text : `refused: ${result.refused}`;
};

const blanks = fc.constantFrom(" ", "  ", "   ");
const comment = fc.constantFrom("", " # wrong", "   # it's: {odd}, \"isn't\" it", " # grün 🚀");
const eol = fc.constantFrom("\n", "\r\n");
const quoted = (quote: string, value: string) => `${quote}${value}${quote}`;
const address = fc.constantFrom(
  "/health",
  "/healthz",
  "http://localhost:5001/x?a=1",
  "http://[::1]:80/",
  "/a b",
  "/it's#x",
  "/a, b",
);

it("whatever the layout, only the value changes: every byte before and behind it stays", () => {
  const layout = fc.record({
    top: fc.constantFrom("", "# my host", "---", "\uFEFF# with a mark of order"),
    quote: fc.constantFrom("", "'", '"'),
    form: fc.constantFrom("short", "block", "flow", "all-flow"),
    before: fc.constantFrom("", "port: 5001", "env: { A: 'x', B: \"y\" }"),
    blanks,
    comment,
    eol,
    last: fc.constantFrom("", "end"),
    value: address,
  });
  fc.assert(
    fc.property(layout, ({ top, quote, form, before, blanks, comment, eol, last, value }) => {
      const old = quoted(quote, "/old");
      const begin = [
        top,
        "services:",
        "  other: npm start # other",
        ...(form === "all-flow" ? [] : ["  web:", `    command: node a.js`]),
      ];
      if (before !== "" && form !== "all-flow") begin.push(`    ${before}`);
      const head = [...begin.filter((line) => line !== ""), ""].join(eol);
      const tail = `${comment}${eol}${last === "" ? "" : `  end: 'x'${eol}`}`;
      const [prefix, suffix, keys] = {
        short: [`${head}    health:${blanks}`, tail, path],
        block: [
          `${head}    health:${comment}${eol}      # deep${eol}      http:${blanks}`,
          `${comment}${eol}      timeout: 1s${tail}`,
          [...path, "http"],
        ],
        flow: [`${head}    health: {${blanks}http: `, `, timeout: 1s${blanks}}${tail}`, [...path, "http"]],
        "all-flow": [`${head}  web: {command: x, health: {http: `, ` }}${tail}`, [...path, "http"]],
      }[form] as [string, string, string[]];
      const text = edited(`${prefix}${old}${suffix}`, { path: keys, value });
      expect(text.startsWith(prefix) && text.endsWith(suffix), text).toBe(true);
      const health = parse(text).services.web.health;
      expect(typeof health === "string" ? health : health.http).toBe(value);
      const written = text.slice(prefix.length, text.length - suffix.length);
      if (quote !== "") expect(written[0]).toBe(quote);
    }),
    { numRuns: 500 },
  );
});

it("a setting is added beside the address, in the form that is there", () => {
  const timeout = { path: [...path, "timeout"], value: "3s" };
  expect(edited("services:\n  web:\n    health: /x # why\n", timeout)).toBe(
    "services:\n  web:\n    health: { http: /x, timeout: 3s } # why\n",
  );
  expect(edited("services:\n  web:\n    health: '/x, y'\n", timeout)).toContain(
    "health: { http: '/x, y', timeout: 3s }",
  );
  expect(edited("services: { web: { health: { http: /x } } }", timeout)).toBe(
    "services: { web: { health: { http: /x, timeout: 3s } } }",
  );
  expect(edited("services:\n  web:\n    health:\n      http: /x # why\n      method: GET\n", timeout)).toBe(
    "services:\n  web:\n    health:\n      http: /x # why\n      timeout: 3s\n      method: GET\n",
  );
  expect(edited("services:\r\n  web:\r\n    health:\r\n      http: /x", timeout)).toBe(
    "services:\r\n  web:\r\n    health:\r\n      http: /x\r\n      timeout: 3s",
  );
});

it("numbers stay numbers, also in a list", () => {
  expect(edited("services:\n  web: { ports: [1, 2] }\n", { path: ["services", "web", "ports", "1"], value: 3 })).toBe(
    "services:\n  web: { ports: [1, 3] }\n",
  );
});

it("what would change something else, too, is refused: aliases, anchors that are used, blocks of text", () => {
  const value = { path, value: "/y" };
  expect(edited("x: &h /x\nservices:\n  web: { health: *h }\n", value)).toContain("refused");
  expect(edited("services:\n  web: { health: &h /x }\n  api: { health: *h }\n", value)).toContain("refused");
  expect(edited("services:\n  web:\n    health: |\n      /x\n", value)).toContain("refused");
  expect(edited("services: [", value)).toContain("refused");
  expect(edited("services: { web: { health: &unused /x } }\n", value)).toBe(
    "services: { web: { health: &unused /y } }\n",
  );
});

it("a file that somebody changed meanwhile is left alone; rights and links stay", () => {
  const dir = mkdtempSync(join(tmpdir(), "afloat-edit-"));
  try {
    const [file, link] = [join(dir, "real.yaml"), join(dir, "afloat.yaml")];
    writeFileSync(file, "before");
    chmodSync(file, 0o664);
    symlinkSync("real.yaml", link);
    expect(replaceFile(link, "something else", "after")).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("before");
    expect(replaceFile(link, "before", "after")).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("after");
    expect(statSync(file).mode & 0o777).toBe(0o664);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it("a difference has the lines around each change, and nothing where nothing changes", () => {
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);
  const after = lines.map((line) => (line === "line 2" || line === "line 18" ? `${line}!` : line));
  const text = (each: string[]) => `${each.join("\n")}\n`;
  expect(difference("a", text(lines), text(lines), false)).toEqual([]);
  const shown = difference("a", text(lines), text(after), false);
  expect(shown.filter((line) => line.startsWith("@@"))).toEqual(["@@ -1,5 +1,5 @@", "@@ -15,6 +15,6 @@"]);
  expect(shown).toContain("-line 18");
  expect(shown).toContain("+line 18!");
});

it("a value that comes from a variable is not written over, and nothing is written that would be read as one", () => {
  const edit = { path, value: "/healthz" };
  expect(edited("services:\n  web:\n    health: ${HEALTH:-/health}\n", edit)).toBe(
    "refused: its value comes from a variable",
  );
  const longer = { path: [...path, "timeout"], value: "3s" };
  expect(edited("services:\n  web:\n    health: ${HEALTH}\n", longer)).toBe("refused: its value comes from a variable");
  expect(edited("services:\n  web:\n    health: { http: '${HEALTH}' }\n", longer)).toContain(
    "'${HEALTH}', timeout: 3s",
  );
  expect(edited("services:\n  web:\n    health: /x\n", { path, value: "/${x}" })).toBe(
    "refused: it would be read as a variable",
  );
});
