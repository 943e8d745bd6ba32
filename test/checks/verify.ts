import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { check } from "./check.ts";
import { runCommand } from "./run-command.ts";
import { countTests, type TestCounts } from "./test-counts.ts";

/**
 * What `npm test` runs after installing: every check, then every package's tests, then one line that counts them. The agent's tests mostly wait, the Worker's
 * mostly reckon: they run side by side, and what the one prints is shown when the other is done.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const STAGES = [["shared"], ["worker", "agent"], ["test"]];

async function verify(): Promise<void> {
  const total = await check();
  for (const names of STAGES) {
    const tested = names.map((name, i) => ({ name, isShown: i === 0, result: testPackage(name, i === 0) }));
    for (const { name, isShown, result } of tested) {
      console.log(`\n── ${name} ${"─".repeat(60 - name.length)}`);
      const { passed, failed, output } = await result;
      if (!isShown) process.stdout.write(output);
      total.passed += passed;
      total.failed += failed;
    }
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

/** Runs one package's tests, and shows what they print as it comes or not at all. Where they could not be run at all, that is one failure, and says why. */
async function testPackage(name: string, isShown: boolean): Promise<TestCounts & { output: string }> {
  let dir: string | null = null;
  try {
    dir = await mkdtemp(join(tmpdir(), "afloat-verify-"));
    const report = join(dir, "report.json");
    const result = await runCommand(
      ["node_modules/.bin/vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
      { cwd: join(root, name), echo: isShown },
    );
    return { ...countTests(await readReport(report), result.ok), output: result.output };
  } catch (error) {
    console.error(`the tests of ${name} could not be run:`, error);
    return { passed: 0, failed: 1, output: "" };
  } finally {
    // Left behind it harms nobody: what was counted counts.
    if (dir !== null) await rm(dir, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The runner's report, or null where it wrote none that can be read. */
async function readReport(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

await verify();
