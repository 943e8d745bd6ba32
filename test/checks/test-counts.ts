/** How many tests passed, and how many things went wrong. */
export interface TestCounts {
  passed: number;
  failed: number;
}

/**
 * What a test runner's report comes to (vitest's JSON report; null where none could be read). A file that could not be loaded, a runner that ends badly while every
 * test passed, and one that ends well without a report each count as one failure: nothing that went wrong is counted as nothing.
 */
export function countTests(report: unknown, endedWell: boolean): TestCounts {
  const files = listIn(report, "testResults");
  if (files === null) return { passed: 0, failed: 1 };
  const total = { passed: 0, failed: 0 };
  for (const file of files) {
    const states = (listIn(file, "assertionResults") ?? []).map((test) => fieldOf(test, "status"));
    const failed = states.filter((state) => state === "failed").length;
    total.passed += states.filter((state) => state === "passed").length;
    total.failed += failed === 0 && fieldOf(file, "status") === "failed" ? 1 : failed;
  }
  if (total.failed === 0 && !endedWell) total.failed = 1;
  return total;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function listIn(value: unknown, name: string): unknown[] | null {
  const list: unknown = fieldOf(value, name);
  return Array.isArray(list) ? list : null;
}
