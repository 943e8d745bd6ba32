import { type Measures, type ProbeCounts, type ServiceSnapshot, VERDICTS } from "@afloat/shared/domain";
import type { Family, Sample } from "./exposition.ts";

/** A service as Prometheus is told of it. */
export interface ServiceNumbers {
  snapshot: Pick<ServiceSnapshot, "name" | "state" | "verdict" | "loop" | "upSinceMs">;
  measures: Measures | null;
  probes: ProbeCounts | null;
  /** Counted up for as long as the agent lives. */
  restarts: number;
  cpuSeconds: number | null;
}

/** The agent itself. */
export interface AgentNumbers {
  version: string;
  node: string;
  startedMs: number;
  cpuSeconds: number;
  memoryBytes: number;
  openFiles: number | null;
  connected: boolean;
  unsent: number;
}

/** What a scrape shows. Names and units by prometheus.io/docs/practices/naming. */
export function familiesOf(agent: AgentNumbers, services: readonly ServiceNumbers[]): Family[] {
  return [...agentFamilies(agent), ...stateFamilies(services), ...usageFamilies(services), ...probeFamilies(services)];
}

function agentFamilies(agent: AgentNumbers): Family[] {
  const { version, node, startedMs, cpuSeconds, memoryBytes, openFiles, connected, unsent } = agent;
  const own = (value: number | null): Sample[] => [{ labels: {}, value }];
  return [
    gauge("afloat_build_info", "Which agent this is; always 1.", [{ labels: { version, node }, value: 1 }]),
    gauge("afloat_agent_start_time_seconds", "When the agent started, since the epoch.", own(startedMs / 1000)),
    counter("afloat_agent_cpu_seconds_total", "Processor time that the agent itself used.", own(cpuSeconds)),
    gauge("afloat_agent_memory_bytes", "Resident memory of the agent itself.", own(memoryBytes)),
    gauge("afloat_agent_open_fds", "Open descriptors of the agent itself.", own(openFiles)),
    gauge("afloat_agent_connected", "1 while the agent is connected to its cloud.", own(Number(connected))),
    gauge("afloat_agent_unsent_events", "Events that the cloud has not recorded yet.", own(unsent)),
  ];
}

function stateFamilies(services: readonly ServiceNumbers[]): Family[] {
  const each = eachOf(services);
  return [
    gauge(
      "afloat_service_up",
      "1 while the service runs, healthy or not.",
      each(({ snapshot }) => Number(snapshot.state === "up")),
    ),
    gauge(
      "afloat_service_verdict",
      "How the service is judged: 1 for the verdict that holds, 0 for the others.",
      services.flatMap(({ snapshot }) =>
        VERDICTS.map((verdict) => ({
          labels: { service: snapshot.name, verdict },
          value: Number(snapshot.verdict === verdict),
        })),
      ),
    ),
    gauge(
      "afloat_service_loop_open",
      "1 while the service is in a restart loop.",
      each(({ snapshot }) => Number(snapshot.loop?.closedMs === null)),
    ),
    counter(
      "afloat_service_restarts_total",
      "Restarts, planned and unplanned; `afloat reset` does not set it back.",
      each(({ restarts }) => restarts),
    ),
    gauge(
      "afloat_service_start_time_seconds",
      "When the service started, since the epoch; absent while it does not run.",
      each(({ snapshot }) => (snapshot.upSinceMs === null ? null : snapshot.upSinceMs / 1000)),
    ),
  ];
}

function usageFamilies(services: readonly ServiceNumbers[]): Family[] {
  const each = eachOf(services);
  return [
    counter(
      "afloat_service_cpu_seconds_total",
      "Processor time of all processes of the service, user and system, over all its starts.",
      each(({ cpuSeconds }) => cpuSeconds),
    ),
    gauge(
      "afloat_service_memory_bytes",
      "Resident memory of all processes of the service; files that they share count once.",
      each(({ measures }) => measures?.memoryBytes ?? null),
    ),
    gauge(
      "afloat_service_open_fds",
      "Open descriptors of all processes of the service.",
      each(({ measures }) => measures?.openFiles ?? null),
    ),
    gauge(
      "afloat_service_threads",
      "Threads of all processes of the service.",
      each(({ measures }) => measures?.threads ?? null),
    ),
    gauge(
      "afloat_service_processes",
      "Processes of the service.",
      each(({ measures }) => measures?.processes ?? null),
    ),
  ];
}

function probeFamilies(services: readonly ServiceNumbers[]): Family[] {
  const probed = services.flatMap(({ snapshot: { name }, probes }) =>
    probes === null ? [] : [{ service: name, probes }],
  );
  const results = probed.flatMap(({ service, probes: { ok, failed } }): Sample[] => [
    { labels: { service, result: "ok" }, value: ok },
    { labels: { service, result: "failed" }, value: failed },
  ]);
  const times = probed.flatMap(({ service, probes: { buckets, sumSeconds } }): Sample[] => [
    ...buckets.map(({ leSeconds, count }) => ({
      suffix: "_bucket",
      labels: { service, le: leSeconds === null ? "+Inf" : String(leSeconds) },
      value: count,
    })),
    { suffix: "_sum", labels: { service }, value: sumSeconds },
    { suffix: "_count", labels: { service }, value: buckets.at(-1)?.count ?? 0 },
  ]);
  return [
    counter("afloat_probes_total", "Calls of the service's health endpoint, by what came of them.", results),
    {
      name: "afloat_probe_duration_seconds",
      type: "histogram",
      help: "How long the health endpoint took to answer, wanted answers and others; what never came is not in it.",
      samples: times,
    },
  ];
}

function eachOf(services: readonly ServiceNumbers[]) {
  return (value: (service: ServiceNumbers) => number | null): Sample[] =>
    services.map((service) => ({ labels: { service: service.snapshot.name }, value: value(service) }));
}

const gauge = (name: string, help: string, samples: Sample[]): Family => ({ name, type: "gauge", help, samples });
const counter = (name: string, help: string, samples: Sample[]): Family => ({ name, type: "counter", help, samples });
