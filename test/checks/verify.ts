import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { check } from "./check.ts";
import { runCommand } from "./run-command.ts";

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

/** Runs one package's tests, and shows what they print as it comes or not at all. A runner that ends badly without a failed test counts as one failure. */
async function testPackage(
  name: string,
  isShown: boolean,
): Promise<{ passed: number; failed: number; output: string }> {
  const dir = await mkdtemp(join(tmpdir(), "afloat-verify-"));
  try {
    const report = join(dir, "report.json");
    const result = await runCommand(
      ["node_modules/.bin/vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
      { cwd: join(root, name), echo: isShown },
    );
    const counted = await countsOf(report);
    return {
      passed: counted.passed,
      failed: counted.failed === 0 && !result.ok ? 1 : counted.failed,
      output: result.output,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function countsOf(report: string): Promise<{ passed: number; failed: number }> {
  try {
    const parsed: unknown = JSON.parse(await readFile(report, "utf8"));
    return { passed: countIn(parsed, "numPassedTests"), failed: countIn(parsed, "numFailedTests") };
  } catch {
    // No report was written: the runner itself failed, which the caller counts.
    return { passed: 0, failed: 0 };
  }
}

function countIn(report: unknown, field: string): number {
  const value: unknown = typeof report === "object" && report !== null ? Reflect.get(report, field) : 0;
  return typeof value === "number" ? value : 0;
}

await verify();
