import { describe, expect, it } from "vitest";
import { FRAME_LIMIT_BYTES, type Hello, type JournalEvent } from "@afloat/shared/wire";
import { fitHello } from "../src/link/core/fit-hello.ts";
import { batchOf, room } from "../src/link/core/outbox.ts";
import { heartbeatOf } from "../src/link/core/pace.ts";
import { cloudFault } from "../src/link/credential.ts";

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const event = (seq: number, why = "x"): JournalEvent => ({
  ...{ kind: "restart", seq, atMs: 1, service: "web", planned: false, why },
});

describe("what one message carries", () => {
  it("never more events on the way than the cloud can take, and never a frame that is too large", () => {
    expect(room({ held: 0, sent: 0 }, 5_000)).toBe(200);
    expect(room({ held: 0, sent: 1_000 }, 5_000)).toBe(0);
    expect(room({ held: 900, sent: 1_000 }, 1_050)).toBe(50);
    const large = Array.from({ length: 200 }, (_, i) => event(i + 1, "ü".repeat(2_000)));
    const batch = batchOf(large, bytesOf);
    expect(batch.length).toBeGreaterThan(1);
    expect(bytesOf(batch)).toBeLessThan(FRAME_LIMIT_BYTES);
    expect(batchOf([event(1, "z".repeat(500_000))], bytesOf).length).toBe(1);
  });

  it("hello fits into a frame even from a host with 500 services in trouble, and names every one of them", () => {
    const service = (i: number): Hello["services"][number] => ({
      ...{ name: `service-${i}`, desired: "run", paused: null, state: "up", verdict: "degraded" },
      ...{ reasonCode: "unproven-endpoint", reason: "r".repeat(500), sinceMs: 1, pid: 1, port: 1, restarts: 1 },
      ...{ upSinceMs: 1, nextTryMs: null, loop: null, lastExit: null },
      endpoint: {
        what: "w".repeat(300),
        proven: false,
        lastOkMs: null,
        last: "l".repeat(300),
        lastMs: 1,
        retired: false,
      },
      diagnosis: { code: "unclear", what: "d".repeat(500), proof: "p".repeat(1_000), write: null, where: null },
    });
    const hello = (count: number): Hello => ({
      ...{ type: "hello", protocol: 1, agent: { version: "1", node: "v24" }, journalId: "j", bootId: "b", runId: "r" },
      ...{ host: { name: "h", os: "o", arch: "a", cpus: 1, memoryBytes: 1 }, remote: [], firstSeq: 1, lastSeq: 1 },
      ...{ clockMs: 1, services: Array.from({ length: count }, (_, i) => service(i)) },
    });
    expect(fitHello(hello(3), bytesOf)).toEqual(hello(3));
    const fitted = fitHello(hello(500), bytesOf);
    expect(bytesOf(fitted)).toBeLessThanOrEqual(FRAME_LIMIT_BYTES);
    expect(fitted.services.map(({ name }) => name)).toEqual(hello(500).services.map(({ name }) => name));
  });
});

describe("what the cloud may not make this host do", () => {
  it("ping without pause, or never", () => {
    expect([0, 30_000, 1e12].map(heartbeatOf)).toEqual([1_000, 30_000, 600_000]);
  });

  it.each([
    "https://afloat.example.com",
    "http://127.0.0.1:7654",
    "http://127.9.9.9",
    "http://localhost:1",
    "http://[::1]:80",
  ])("%s may be called", (address) => expect(cloudFault(address)).toBeNull());

  it.each([
    "http://afloat.example.com",
    "http://127.0.0.1.evil.example",
    "http://10.0.0.1",
    "ws://a.b",
    "https://name:secret@afloat.example.com",
    "https://afloat.example.com/?key=1",
    "afloat.example.com",
    "",
  ])(
    "%s may not: a credential never goes unencrypted off this machine, nor an address with secrets into a log",
    (address) => expect(cloudFault(address)).not.toBeNull(),
  );
});
