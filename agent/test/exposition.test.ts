import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Family, exposition } from "../src/measures/core/exposition.ts";
import { type AgentNumbers, familiesOf, type ServiceNumbers } from "../src/measures/core/families.ts";

const family = (said: Partial<Family>): Family => ({
  ...{ name: "afloat_things", type: "gauge", help: "Things.", samples: [{ labels: {}, value: 1 }] },
  ...said,
});

it("each name has its help and its type before its samples", () => {
  expect(exposition([family({ samples: [{ labels: { service: "web" }, value: 0.5 }] })])).toBe(
    '# HELP afloat_things Things.\n# TYPE afloat_things gauge\nafloat_things{service="web"} 0.5\n',
  );
});

it("what is not known is left out, and with it a name of which nothing is known: it is never a 0", () => {
  const known = { labels: { service: "web" }, value: 0 };
  const unknown = { labels: { service: "db" }, value: null };
  expect(exposition([family({ samples: [known, unknown] })])).toContain('{service="web"} 0\n');
  expect(exposition([family({ samples: [known, unknown] })])).not.toContain("db");
  expect(exposition([family({ samples: [unknown] })])).toBe("");
});

it("quotes, backslashes and line ends in a label cannot end it", () => {
  const labels = { service: 'a"b\\c\nd' };
  expect(exposition([family({ samples: [{ labels, value: 1 }] })])).toContain(String.raw`{service="a\"b\\c\nd"} 1`);
  expect(exposition([family({ help: "one\ntwo \\ three" })])).toContain(
    String.raw`# HELP afloat_things one\ntwo \\ three`,
  );
});

const agent: AgentNumbers = {
  ...{ version: "1", node: "v24", startedMs: 1_500, cpuSeconds: 2, memoryBytes: 3, openFiles: null },
  ...{ connected: true, unsent: 0 },
};
const web: ServiceNumbers = {
  snapshot: { name: "web", state: "up", verdict: "degraded", loop: null, upSinceMs: 2_500 },
  measures: null,
  probes: null,
  restarts: 4,
  cpuSeconds: null,
};
const lines = (...services: ServiceNumbers[]) => exposition(familiesOf(agent, services)).split("\n");

it("the verdict is a set of states, of which one is 1", () => {
  const verdicts = lines(web).filter((line) => line.startsWith("afloat_service_verdict{"));
  expect(verdicts).toHaveLength(8);
  expect(verdicts.filter((line) => line.endsWith(" 1"))).toEqual([
    'afloat_service_verdict{service="web",verdict="degraded"} 1',
  ]);
});

it("times are in seconds; what does not run has no start, and what was never measured no memory", () => {
  expect(lines(web)).toContain('afloat_service_start_time_seconds{service="web"} 2.5');
  expect(lines(web)).toContain("afloat_agent_start_time_seconds 1.5");
  const off = { ...web, snapshot: { ...web.snapshot, state: "paused" as const, upSinceMs: null } };
  expect(lines(off)).toContain('afloat_service_up{service="web"} 0');
  expect(lines(off).join("\n")).not.toMatch(/start_time_seconds\{|memory_bytes\{|cpu_seconds_total\{|probe/);
});

it("probes are a histogram whose last bucket is its count", () => {
  const buckets = [
    { leSeconds: 0.5, count: 3 },
    { leSeconds: null, count: 4 },
  ];
  const text = lines({ ...web, probes: { ok: 3, failed: 2, buckets, sumSeconds: 1.25 } });
  for (const line of [
    "# TYPE afloat_probe_duration_seconds histogram",
    'afloat_probe_duration_seconds_bucket{service="web",le="0.5"} 3',
    'afloat_probe_duration_seconds_bucket{service="web",le="+Inf"} 4',
    'afloat_probe_duration_seconds_sum{service="web"} 1.25',
    'afloat_probe_duration_seconds_count{service="web"} 4',
    'afloat_probes_total{service="web",result="failed"} 2',
  ])
    expect(text).toContain(line);
});

it("every name is in the documentation", () => {
  const page = readFileSync(new URL("../../docs/measures.md", import.meta.url), "utf8");
  for (const { name } of familiesOf(agent, [web])) expect(page, name).toContain(`\`${name}`);
});
