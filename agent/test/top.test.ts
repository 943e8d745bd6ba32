import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MeasuredService } from "../src/control/protocol.ts";
import { chosenOf, frameOf } from "../src/cli/top/core/frame.ts";
import { type Key, press } from "../src/cli/top/core/keys.ts";
import { readKeys } from "../src/cli/top/core/read-keys.ts";
import { FIRST, SORTS, type TopState } from "../src/cli/top/core/top-types.ts";
import { styled } from "../src/cli/top/screen.ts";

const MB = 1024 * 1024;

interface Said {
  cpu?: number | null;
  memory?: number | null;
  restarts?: number;
  p95Ms?: number;
  verdict?: MeasuredService["verdict"];
  reason?: string;
}

function service(name: string, said: Said = {}): MeasuredService {
  const { cpu = null, memory = null, restarts = 0, p95Ms, verdict = "healthy", reason = "it runs" } = said;
  const latency = p95Ms === undefined ? null : { count: 9, p50Ms: 1, p95Ms, maxMs: p95Ms + 1 };
  return {
    ...{ name, desired: "run", paused: null, state: "up", verdict, reasonCode: "endpoint-ok", reason },
    ...{ sinceMs: 0, pid: 4711, port: 80, restarts, upSinceMs: 0, nextTryMs: null, loop: null, lastExit: null },
    endpoint: { what: "GET /", proven: true, lastOkMs: 0, last: "200", lastMs: 1, retired: false, latency },
    diagnosis: null,
    measures: {
      ...{ atMs: 0, cpu, cpuOverMs: cpu === null ? null : 1000, memoryBytes: memory },
      ...{ processes: 2, threads: 8, openFiles: 21 },
    },
  };
}

const few = [
  service("web", { cpu: 0.31, memory: 57 * MB, p95Ms: 12 }),
  service("api", { cpu: 1.2, memory: 2100 * MB, restarts: 3 }),
  service("db", { restarts: 1, p95Ms: 40 }),
];
const seen = (services: readonly MeasuredService[], width = 80, height: number | null = 10, lines: string[] = []) => ({
  ...{ services, lines, nowMs: 61_000, width, height },
});
const texts = (state: Partial<TopState>, of: ReturnType<typeof seen>) =>
  frameOf({ ...FIRST, ...state }, of).map(({ text }) => text);
const names = (state: Partial<TopState>, services = few) =>
  texts(state, seen(services, 80, null))
    .slice(3)
    .map((text) => text.split(" ")[0]);

describe("a frame", () => {
  it("fits 80 columns; what is not known is a dash and never a 0", () => {
    expect(texts({}, seen(few))).toEqual([
      "afloat top: 3 services · cpu 151 % · memory 2.1 GB · by cpu",
      "",
      "  SERVICE  STATE            CPU   MEMORY  RESTARTS       p95  UP FOR",
      "api      healthy        120 %   2.1 GB         3         –  1 min 1 s",
      "web      healthy         31 %    57 MB         0     12 ms  1 min 1 s",
      "db       healthy            –        –         1     40 ms  1 min 1 s",
      "",
      "",
      "",
      "↑↓ choose  / filter  r restart  l logs  q quit  sort by c cpu m mem R L n name",
    ]);
  });

  it("shows more where there is room: 200 columns have all, with the reason", () => {
    const [, , head, first] = texts({}, seen(few, 200));
    expect(head).toBe(
      "  SERVICE  STATE            CPU   MEMORY  RESTARTS       p50       p95       max  PROCESSES  THREADS   FILES      PID  UP FOR       WHY",
    );
    expect(first).toContain("4711  1 min 1 s    it runs");
  });

  it("is as high as the terminal, and no line is wider, whatever there is to show", () => {
    const anything = fc.record({
      cpu: fc.option(fc.double({ min: 0, max: 500, noNaN: true })),
      memory: fc.option(fc.nat(2 ** 31 - 1)),
      restarts: fc.nat(),
      reason: fc.string({ maxLength: 300 }),
    });
    const services = fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,64}$/), anything), { maxLength: 40 });
    const mode = fc.constantFrom<TopState["mode"]>(
      { kind: "table" },
      { kind: "filter", before: "" },
      { kind: "confirm", service: "x".repeat(64) },
      { kind: "logs", service: "web", up: 7 },
    );
    fc.assert(
      fc.property(
        services,
        mode,
        fc.integer({ min: 20, max: 250 }),
        fc.integer({ min: 5, max: 60 }),
        (all, at, w, h) => {
          const of = seen(
            all.map(([name, said]) => service(name, said)),
            w,
            h,
            Array.from({ length: 30 }, (_, i) => `${i} `.repeat(100)),
          );
          const lines = frameOf({ ...FIRST, mode: at, filter: "a" }, of);
          expect(lines).toHaveLength(h);
          for (const { text, verdict } of lines)
            expect(text.length + (verdict === null ? 0 : 2)).toBeLessThanOrEqual(w);
        },
      ),
    );
  });

  it.each([
    ["cpu", ["api", "web", "db"]],
    ["memory", ["api", "web", "db"]],
    ["restarts", ["api", "db", "web"]],
    ["latency", ["db", "web", "api"]],
    ["name", ["api", "db", "web"]],
  ] as const)("by %s: the most first, what is not known last", (sort, order) => {
    expect(names({ sort })).toEqual(order);
  });

  it("shows only what passes the filter, and says so", () => {
    expect(names({ filter: "B" })).toEqual(["web", "db"]);
    expect(texts({ filter: "B" }, seen(few))[0]).toContain("2 of 3 services, with B");
    expect(texts({ filter: "nothing" }, seen(few)).join("\n")).toContain("no service has nothing in its name");
  });

  it("of more services than fit, the chosen one is in view", () => {
    const many = Array.from({ length: 100 }, (_, i) => service(`s${String(i).padStart(2, "0")}`));
    for (const at of ["s00", "s50", "s99"]) {
      const lines = frameOf({ ...FIRST, sort: "name", at }, seen(many));
      expect(lines.filter(({ chosen }) => chosen).map(({ text }) => text.slice(0, 3))).toEqual([at]);
      expect(lines.filter(({ verdict }) => verdict !== null)).toHaveLength(6);
    }
  });

  it("of a log the newest lines are at the bottom; scrolled up, it says how far", () => {
    const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`);
    const mode = { kind: "logs", service: "web", up: 0 } as const;
    expect(texts({ mode }, seen(few, 80, 5, lines)).slice(1, 4)).toEqual(["line 47", "line 48", "line 49"]);
    const up = texts({ mode: { ...mode, up: 40 } }, seen(few, 80, 5, lines));
    expect(up.slice(0, 4)).toEqual(["web: 40 lines above the newest", "line 7", "line 8", "line 9"]);
    expect(texts({ mode: { ...mode, up: 999 } }, seen(few, 80, 5, lines))[1]).toBe("line 0");
  });

  it("what a service wrote cannot move the cursor or set a title", () => {
    const line = {
      text: "a\u001B[2J\u001B]0;title\u0007b\rc\td",
      style: "plain",
      verdict: null,
      chosen: false,
    } as const;
    expect(styled(line)).toBe("a]0;titlebc    d");
  });
});

describe("keys", () => {
  const after = (text: string, state: Partial<TopState> = {}, services = few, lines = 50) =>
    readKeys(text).reduce<ReturnType<typeof press>>((so, key) => press(so.state, key, { services, page: 6, lines }), {
      state: { ...FIRST, ...state },
      wish: null,
    });

  it.each([
    ["c", "cpu"],
    ["m", "memory"],
    ["R", "restarts"],
    ["L", "latency"],
    ["n", "name"],
  ])("%s sorts by %s", (key, sort) => {
    expect(after(key, { sort: key === "c" ? "name" : "cpu" }).state.sort).toBe(sort);
  });

  it("arrows choose, and end at the ends", () => {
    const [up, down] = ["\u001B[A", "\u001BOB"];
    expect(after(down).state.at).toBe("web");
    expect(after(down + down + down + down).state.at).toBe("db");
    expect(after(down + up + up).state.at).toBe("api");
    expect(after("\u001B[F").state.at).toBe("db");
  });

  it("the chosen service stays chosen when the order changes", () => {
    const chosen = after("\u001B[B").state;
    expect(chosenOf({ ...chosen, sort: "latency" }, few)?.name).toBe("web");
  });

  it("r asks before it restarts, and only y does", () => {
    expect(after("r")).toMatchObject({ state: { mode: { kind: "confirm", service: "api" } }, wish: null });
    expect(after("ry").wish).toEqual({ kind: "restart", service: "api" });
    for (const other of ["rn", "r\r", "r\u001B", "rq"])
      expect(after(other)).toMatchObject({ state: { mode: { kind: "table" } }, wish: null });
  });

  it("/ filters as it is typed; Enter keeps it, Esc gives it up, and then takes it away", () => {
    expect(after("/webb\u007F\r").state).toMatchObject({ filter: "web", mode: { kind: "table" } });
    expect(after("/q\u001B").state).toMatchObject({ filter: "", mode: { kind: "table" } });
    expect(after("/x\u001B", { filter: "api" }).state.filter).toBe("api");
    expect(after("\u001B", { filter: "api" }).state.filter).toBe("");
  });

  it("l shows the log, keys scroll no further than it goes, and q leads back before it quits", () => {
    expect(after("l").state.mode).toEqual({ kind: "logs", service: "api", up: 0 });
    expect(after("lkk").state.mode).toMatchObject({ up: 2 });
    expect(after("lg").state.mode).toMatchObject({ up: 44 });
    expect(after("lgG").state.mode).toMatchObject({ up: 0 });
    expect(after("lq")).toMatchObject({ state: { mode: { kind: "table" } }, wish: null });
    expect(after("lqq").wish).toEqual({ kind: "quit" });
  });

  it("Ctrl-C quits wherever one is", () => {
    for (const before of ["", "/ab", "r", "l"]) expect(after(`${before}\u0003`).wish).toEqual({ kind: "quit" });
  });

  it("with no service there, no key does anything but quit", () => {
    for (const key of ["r", "l", "\r", "\u001B[B"]) expect(after(key, {}, []).state.mode).toEqual({ kind: "table" });
  });

  it("whatever a terminal sends, it is read to its end, and what is no key is left out", () => {
    expect(readKeys("a\u001B[A\u001B[1;5C\u001B")).toEqual([{ letter: "a" }, "up", "escape"]);
    expect(readKeys("é\u0001ü")).toEqual([{ letter: "é" }, { letter: "ü" }]);
    fc.assert(
      fc.property(fc.array(fc.nat(0x2fff)), fc.constantFrom(...SORTS), (codes, sort) => {
        const text = String.fromCharCode(...codes);
        const keys: Key[] = readKeys(text);
        expect(keys.length).toBeLessThanOrEqual(text.length);
        let state: TopState = { ...FIRST, sort };
        for (const key of keys) ({ state } = press(state, key, { services: few, page: 6, lines: 3 }));
        expect(frameOf(state, seen(few))).toHaveLength(10);
      }),
    );
  });
});
