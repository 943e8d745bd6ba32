import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import type { Measures } from "@afloat/shared/domain";
import { until } from "../stories/house/until.ts";
import { Host, program } from "./host.ts";
import { parseText, promtoolFaults, scrape, valueOf } from "./scrape.ts";

const MB = 1024 * 1024;

let host: Host;
let metrics: number;

beforeAll(async () => {
  metrics = await claimPorts();
  const node = process.execPath;
  host = new Host(`
  burns: { command: [sh, -c, "while :; do :; done"] }
  short-burners: { command: [sh, -c, "while :; do sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; done"] }
  allocates: { command: [${node}, ${program("allocates.mjs")}, "200"] }
  family: { command: [sh, -c, "sleep 7700801 & setsid sleep 7700802 & sh -c 'sleep 7700803 & wait' & wait"] }
  web: { command: [${node}, ${program("answers.mjs")}, "${metrics + 1}", "200"], port: ${metrics + 1}, health: { http: /health, interval: 200ms } }
  crashes: { command: [sh, -c, "exit 3"], backoff: { min: 300ms, max: 500ms } }
  off: sleep 7700804
metrics: ${metrics}
`);
  await host.start();
  await until("the numbers to be served", () => scrape(metrics));
});

afterAll(() => host.end());

/** What the command line says a service uses. */
async function measuresOf(name: string): Promise<Measures | null> {
  const { out } = await host.afloat("top", "--json", name);
  const [service]: { measures: Measures | null }[] = JSON.parse(out).services;
  return service?.measures ?? null;
}

/** Processor time of a process and its ended children as /proc tells it, seconds. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0) / 100;
}

const residentBytes = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

describe("what a service uses", () => {
  it("a busy loop uses the processor, and the time told lies between two looks of our own", async () => {
    const pid = await host.pidOf("burns");
    const { cpu } = await until("its rate", async () => {
      const measures = await measuresOf("burns");
      return (measures?.cpu ?? 0) > 0.02 && measures;
    });
    // One thread: more than a core only by how the moments of two looks are measured.
    expect(cpu).toBeLessThan(3);
    const earlier = cpuSeconds(pid);
    const told = await until("a look after ours", async () => {
      const value = await valueOf(metrics, "afloat_service_cpu_seconds_total", { service: "burns" });
      return value !== null && value >= earlier && value;
    });
    expect(told).toBeLessThanOrEqual(cpuSeconds(pid));
  });

  it("children that come and go count, and their going never takes anything away", async () => {
    const seen: number[] = [];
    await until("its time to grow five times", async () => {
      const value = await valueOf(metrics, "afloat_service_cpu_seconds_total", { service: "short-burners" });
      if (value === null) return false;
      expect(value).toBeGreaterThanOrEqual(seen.at(-1) ?? 0);
      if (value > (seen.at(-1) ?? 0)) seen.push(value);
      // A whole look of the agent each time.
      await measuresOf("short-burners");
      return seen.length > 5;
    });
    expect(seen.at(-1)).toBeLessThanOrEqual(cpuSeconds(await host.pidOf("short-burners")) + 5);
  });

  it("memory is what the system tells of it", async () => {
    const pid = await host.pidOf("allocates");
    await until("it to hold them", () => host.output("allocates").includes("holds"));
    const told = (await measuresOf("allocates"))?.memoryBytes ?? 0;
    expect(told).toBeGreaterThan(200 * MB);
    expect(Math.abs(told - residentBytes(pid))).toBeLessThan(40 * MB);
  });

  it("all its processes count, wherever they went: children, grandchildren, one in a session of its own", async () => {
    const measures = await until("all five of them", async () => {
      const seen = await measuresOf("family");
      return seen?.processes === 5 && seen;
    });
    expect(measures.threads).toBe(5);
    const own = host.processes().filter(({ service }) => service === "family");
    expect(own).toHaveLength(5);
    const files = own.map(({ pid }) => readdirSync(`/proc/${pid}/fd`).length).reduce((a, b) => a + b, 0);
    expect(measures.openFiles).toBe(files);
  });

  it("what does not run uses nothing that is known: null, and a dash, never 0", async () => {
    await host.afloat("stop", "off");
    expect(await until("it to be seen so", async () => (await measuresOf("off")) === null)).toBe(true);
    const { out } = await host.afloat("top", "off");
    expect(out).toMatch(/▲ off\s+paused\s+–\s+–/);
    expect(await valueOf(metrics, "afloat_service_memory_bytes", { service: "off" })).toBeNull();
    expect(await valueOf(metrics, "afloat_service_up", { service: "off" })).toBe(0);
  });

  it("is in status --json, too, with how its probes went", async () => {
    await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
    const { out } = await host.afloat("status", "--json");
    const web = JSON.parse(out).services.find(({ name }: { name: string }) => name === "web");
    expect(web.measures).toMatchObject({ processes: 1 });
    expect(web.probes.ok).toBeGreaterThan(0);
    expect(web.probes.buckets.at(-1).count).toBeGreaterThanOrEqual(web.probes.ok);
  });
});

describe("what Prometheus is shown", () => {
  it("is its format to the letter, with every service in it", async () => {
    await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
    const text = (await scrape(metrics))?.text ?? "";
    const { types, samples } = parseText(text);
    expect(types.get("afloat_probe_duration_seconds")).toBe("histogram");
    const up = samples.filter(({ name }) => name === "afloat_service_up").map(({ labels }) => labels["service"]);
    expect(up).toEqual(["burns", "short-burners", "allocates", "family", "web", "crashes", "off"]);
  });

  it("promtool has nothing against it", async (context) => {
    const faults = promtoolFaults((await scrape(metrics))?.text ?? "");
    if (faults === null) return context.skip("there is no promtool here; Debian's package prometheus has it");
    expect(faults).toBe("");
  });

  it("restarts count on when a person sets the service's own counter back", async () => {
    const restarts = () => valueOf(metrics, "afloat_service_restarts_total", { service: "crashes" });
    const before = await until("some restarts", async () => {
      const value = await restarts();
      return value !== null && value > 3 && value;
    });
    await host.afloat("reset", "crashes");
    expect(await restarts()).toBeGreaterThanOrEqual(before);
    expect(await valueOf(metrics, "afloat_service_loop_open", { service: "crashes" })).toBe(1);
  });

  it("a page with a name that leads here (DNS rebinding) is refused; nothing else is served", async () => {
    expect((await scrape(metrics, { host: `evil.example:${metrics}` }))?.status).toBe(403);
    expect((await scrape(metrics, { host: `localhost:${metrics}` }))?.status).toBe(200);
    expect((await scrape(metrics, {}, "/"))?.status).toBe(404);
    expect((await scrape(metrics, {}, "/../etc/passwd"))?.status).toBe(404);
  });

  it("who connects and says nothing is hung up on, and however many there are, who asks gets his answer", async () => {
    const idle = Array.from({ length: 20 }, () => connect(metrics, "127.0.0.1").resume());
    const closed = (socket: Socket) => new Promise((resolve) => socket.on("error", resolve).on("close", resolve));
    const all = Promise.all(idle.map(closed));
    await until("an answer", async () => (await scrape(metrics))?.status === 200);
    await all;
  });

  it("who asks a letter at a time is hung up on", async () => {
    const socket = connect(metrics, "127.0.0.1").resume();
    let closed = false;
    socket.on("error", () => {}).on("close", () => (closed = true));
    const head = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let said = 0;
    await until("it to be closed", () => {
      socket.write(head[said++] ?? "x");
      return closed;
    });
  });

  it("a port that somebody else holds harms nobody: it is said, and served once it is free", async () => {
    const port = metrics + 2;
    const holder = createServer().listen(port, "127.0.0.1");
    await until("it to be held", () => holder.listening);
    const other = new Host(`  web: sleep 7700805\nmetrics: 127.0.0.1:${port}\n`);
    try {
      await other.start();
      await other.pidOf("web");
      await until("it to be said", () => other.log().includes("metrics cannot be served: listen EADDRINUSE"));
      holder.close();
      await until("it to be served", async () => (await scrape(port))?.status === 200);
    } finally {
      holder.close();
      await other.end();
    }
  });

  it("without the word in afloat.yaml, the agent listens on no port at all", async () => {
    const quiet = new Host("  web: sleep 7700806\n");
    try {
      const agent = await quiet.start();
      await quiet.pidOf("web");
      expect(listeningSockets(agent.pid ?? 0)).toEqual([]);
      const own = (await host.status())?.agent.pid ?? 0;
      expect(listeningSockets(own), "the look itself finds what there is").toHaveLength(1);
    } finally {
      await quiet.end();
    }
  });
});

/** The TCP sockets on which a process listens, by inode. */
function listeningSockets(pid: number): string[] {
  const listening = new Set(
    ["tcp", "tcp6"].flatMap((table) =>
      readFileSync(`/proc/net/${table}`, "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .flatMap(([, , , state, , , , , , inode = ""]) => (state === "0A" ? [inode] : [])),
    ),
  );
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && listening.has(inode) ? [inode] : [];
    } catch {
      // Closed in the meantime.
      return [];
    }
  });
}
