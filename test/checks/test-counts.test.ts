import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "./run-command.ts";
import { countTests } from "./test-counts.ts";

const root = fileURLToPath(new URL("../node_modules", import.meta.url));
const dir = mkdtempSync(join(root, ".counted-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const TEST = `import { expect, it } from "vitest";\n`;

/** What the runner itself reports about these files. */
async function run(files: Record<string, string>): Promise<{ report: unknown; ok: boolean }> {
  const at = mkdtempSync(join(dir, "run-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), text);
  const report = join(at, "report.json");
  const vitest = join(root, ".bin", "vitest");
  const { ok } = await runCommand([vitest, "run", "--root", at, "--reporter=json", `--outputFile.json=${report}`], {
    cwd: at,
    echo: false,
  });
  return { report: JSON.parse(readFileSync(report, "utf8")), ok };
}

describe("what a run of tests comes to", () => {
  it("is each test that passed and each that failed; one that is skipped is neither", async () => {
    const { report, ok } = await run({
      "a.test.ts": `${TEST}it("a", () => {}); it("b", () => { expect(1).toBe(2); }); it.skip("c", () => {});`,
      "b.test.ts": `${TEST}it("d", () => {});`,
    });
    expect(countTests(report, ok)).toEqual({ passed: 2, failed: 1 });
  });

  it("is one failure for each file that could not be loaded, also beside a test that failed", async () => {
    const { report, ok } = await run({
      "a.test.ts": `${TEST}it("a", () => { expect(1).toBe(2); });`,
      "b.test.ts": `throw new Error("no such thing");`,
      "c.test.ts": `${TEST}it("d", () => {});`,
    });
    expect(countTests(report, ok)).toEqual({ passed: 1, failed: 2 });
  });

  it("is one failure where every test passed and the runner ended badly", async () => {
    const { report, ok } = await run({
      "a.test.ts": `${TEST}it("a", () => { void Promise.reject(new Error("unheard")); });`,
    });
    expect(ok).toBe(false);
    expect(countTests(report, ok)).toEqual({ passed: 1, failed: 1 });
  });

  it.each([null, "", {}, { testResults: "none" }])("is one failure where the report is %j", (report) => {
    expect(countTests(report, true)).toEqual({ passed: 0, failed: 1 });
  });
});
