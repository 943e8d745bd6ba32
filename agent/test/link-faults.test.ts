import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Failure, decideFailure, decideRefused, type Refused } from "../src/link/core/decide-fault.ts";
import { type Fault, FAULTS, mendOf } from "../src/link/core/faults.ts";
import { ATTEMPTS_KEPT, type Attempt, moveHistory, noteAttempt, noteEnd } from "../src/link/core/history.ts";
import { nextBeatMs, placeOf, retryDelayMs } from "../src/link/core/pace.ts";

const failure = (given: Partial<Failure>): Failure => ({
  ...{ code: null, message: "", proxy: null, status: null, host: "afloat.example.com", now: "2026-11-25 12:00 UTC" },
  ...given,
});
const refused = (given: Partial<Refused>): Refused => ({
  ...{ status: 200, body: "", contentType: "", location: null, retryAfterS: null, challenges: false, problem: null },
  ...{ via: "http", ...given },
});
const own = (code: string) => ({ code, message: "the cloud's words" });

describe("why there is no answer", () => {
  it.each<[Partial<Failure>, Fault]>([
    [{ code: "ENOTFOUND" }, "unknown-name"],
    [{ code: "EAI_AGAIN" }, "unknown-name"],
    [{ code: "ECONNREFUSED" }, "not-reached"],
    [{ code: "EHOSTUNREACH" }, "not-reached"],
    [{ code: "ETIMEDOUT" }, "not-reached"],
    [{ code: "ECONNRESET" }, "lost"],
    [{ code: "CERT_NOT_YET_VALID" }, "clock"],
    [{ code: "CERT_HAS_EXPIRED" }, "clock"],
    [{ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "certificate"],
    [{ code: "SELF_SIGNED_CERT_IN_CHAIN" }, "certificate"],
    [{ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }, "certificate"],
    [{ code: "ERR_TLS_CERT_ALTNAME_INVALID" }, "certificate"],
    [{ code: "CA_UNREADABLE" }, "certificate"],
    [{ code: "ERR_SSL_WRONG_VERSION_NUMBER" }, "not-afloat"],
    [{ code: "EPROTO", message: "ssl3_get_record:wrong version number" }, "not-afloat"],
    [{ code: "PROXY_VARIABLE" }, "proxy-not-reached"],
    [{ proxy: "http://proxy:1", code: "ECONNREFUSED" }, "proxy-not-reached"],
    [{ proxy: "http://proxy:1", code: "ENOTFOUND" }, "proxy-not-reached"],
    [{ proxy: "http://proxy:1", status: 407 }, "proxy-password"],
    [{ proxy: "http://proxy:1", status: 403 }, "proxy-refused"],
    [{ proxy: "http://proxy:1", status: 502 }, "not-reached"],
    [{ message: "no answer within 15 s" }, "lost"],
  ])("%j: %s", (given, kind) => expect(decideFailure(failure(given)).kind).toBe(kind));
});

describe("why an answer is no way in", () => {
  it.each<[Partial<Refused>, Fault]>([
    [{ status: 302, location: "https://elsewhere.example.com" }, "not-afloat"],
    [{ status: 404, body: "<html>", contentType: "text/html" }, "not-afloat"],
    [{ status: 404, via: "socket" }, "not-afloat"],
    [{ status: 200, body: "<!doctype html>", via: "socket" }, "not-afloat"],
    [{ status: 200, body: "{}" }, "not-afloat"],
    [{ status: 403, via: "socket" }, "no-socket"],
    [{ status: 200, body: "ok", via: "socket" }, "no-socket"],
    [{ status: 400, via: "socket" }, "no-socket"],
    [{ status: 426, via: "socket", problem: own("no-upgrade") }, "no-socket"],
    [{ status: 401, problem: own("unauthorized") }, "wrong-credential"],
    [{ status: 401, problem: own("revoked"), via: "socket" }, "revoked"],
    [{ status: 401, body: "revoked", via: "socket" }, "revoked"],
    [{ status: 401, challenges: true }, "not-afloat"],
    [{ status: 401, contentType: "text/html; charset=utf-8" }, "not-afloat"],
    [{ status: 503, via: "socket" }, "cloud-trouble"],
    [{ status: 500, problem: own("internal") }, "cloud-trouble"],
    [{ status: 429 }, "cloud-trouble"],
    [{ status: 400, problem: own("bad-message") }, "lost"],
  ])("%j: %s", (given, kind) => expect(decideRefused(refused(given)).kind).toBe(kind));

  it("who asks us to wait is not asked before, but never for longer than ten minutes", () => {
    expect(decideRefused(refused({ status: 503, retryAfterS: 90 })).afterMs).toBe(90_000);
    expect(decideRefused(refused({ status: 429, retryAfterS: 1e6 })).afterMs).toBe(600_000);
  });
});

const faults = Object.keys(FAULTS).filter((name): name is Fault => name in FAULTS);

describe("the pace of trying again", () => {
  it.each<[Fault, first: number, atMost: number]>([
    ["lost", 1, 60],
    ["moved", 1, 60],
    ["no-socket", 1, 60],
    ["cloud-trouble", 1, 60],
    ["not-reached", 1, 60],
    ["clock", 1, 60],
    ["proxy-not-reached", 1, 60],
    ["unknown-name", 1, 300],
    ["certificate", 1, 300],
    ["proxy-refused", 1, 300],
    ["proxy-password", 1, 300],
    ["not-afloat", 1, 600],
    ["wrong-credential", 990, 990],
    ["revoked", 990, 990],
    ["too-old", 990, 990],
    ["in-use-elsewhere", 55, 330],
  ])("%s: within %s s at first, within %s s when it goes on", (kind, first, atMost) => {
    expect(retryDelayMs({ kind, why: "" }, 1, false, 1)).toBe(first * 1_000);
    expect(retryDelayMs({ kind, why: "" }, 100, true, 1)).toBe(atMost * 1_000);
  });

  it("whatever it is and however often it failed, it is tried again within 20 minutes, and a refusal never at once", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...faults),
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.boolean(),
        (kind, failures, random, again) => {
          const delayMs = retryDelayMs({ kind, why: "" }, failures, again, random);
          const { isRefusal } = FAULTS[kind];
          expect(delayMs).toBeGreaterThanOrEqual(isRefusal ? 50_000 : 0);
          expect(delayMs).toBeLessThan(20 * 60_000);
        },
      ),
    );
  });

  it("full jitter: a thousand hosts that fail together come back evenly over the whole wait", () => {
    const delays = Array.from({ length: 1_000 }, (_, i) =>
      retryDelayMs({ kind: "lost", why: "" }, 7, false, (i + 0.5) / 1_000),
    );
    expect([Math.min(...delays) < 100, Math.max(...delays) > 59_900]).toEqual([true, true]);
    for (let tenth = 0; tenth < 10; tenth++)
      expect(delays.filter((ms) => Math.floor(ms / 6_000) === tenth)).toHaveLength(100);
  });

  it("every fault but the passing ones says what mends it", () => {
    const silent = faults.filter((fault) => mendOf(fault, "https://afloat.example.com") === null);
    expect(silent).toEqual(["lost", "moved", "cloud-trouble"]);
  });
});

describe("the beat of a fleet", () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `host${i.toString(36)}`);

  it("a thousand hosts that connect in one moment beat spread over the whole interval, not at once", () => {
    const beats = ids.map((id) => nextBeatMs(1_796_000_000_000, 30_000, placeOf(id)) - 1_796_000_000_000);
    for (const ms of beats) expect(ms > 0 && ms <= 30_000).toBe(true);
    const inSecond = Array.from({ length: 30 }, (_, i) => beats.filter((ms) => Math.ceil(ms / 1_000) === i + 1).length);
    // 33 each, were it perfect; chance alone gives 17 to 53 (three standard deviations and a little).
    expect(Math.max(...inSecond)).toBeLessThan(60);
    expect(Math.min(...inSecond)).toBeGreaterThan(12);
  });

  it("each keeps its place, whenever it connects and however often it beats", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e12 }), fc.constantFrom(...ids), (nowMs, id) => {
        const first = nextBeatMs(nowMs, 30_000, placeOf(id));
        expect(first - nowMs > 0 && first - nowMs <= 30_000).toBe(true);
        expect(nextBeatMs(first, 30_000, placeOf(id)) - first).toBe(30_000);
        expect(first % 30_000).toBe(Math.round(placeOf(id) * 30_000) % 30_000);
      }),
    );
  });
});

describe("the history of tries", () => {
  const fail = (history: readonly Attempt[], nowMs: number, why = "refused") =>
    noteAttempt(history, { outcome: "not-reached", via: "socket", why }, nowMs);

  it("the same again only counts; what is different is a line of its own; the oldest go", () => {
    let history: Attempt[] = [];
    for (let i = 1; i <= 5; i++) history = fail(history, i);
    expect(history).toEqual([expect.objectContaining({ firstMs: 1, lastMs: 5, times: 5 })]);
    for (let i = 0; i < 50; i++) history = fail(history, 10 + i, `why ${i}`);
    expect(history).toHaveLength(ATTEMPTS_KEPT);
    expect(history.at(-1)?.why).toBe("why 49");
  });

  it("is told by the clock that people read, which was set meanwhile; an earlier agent told by its own", () => {
    const history = fail(fail([], 100, "before"), 500, "since");
    expect(moveHistory(history, 300, 60_000).map(({ firstMs, lastMs }) => [firstMs, lastMs])).toEqual([
      [100, 100],
      [60_500, 60_500],
    ]);
  });

  it("a connection is told with how long it lasted, each for itself", () => {
    const up = { outcome: "connected", via: "http", why: "" } as const;
    const history = noteAttempt(noteEnd(noteAttempt([], up, 100), 700), up, 800);
    expect(history.map(({ firstMs, lastMs }) => [firstMs, lastMs])).toEqual([
      [100, 700],
      [800, 800],
    ]);
    expect(noteEnd(fail([], 5), 9)).toEqual(fail([], 5));
  });
});
