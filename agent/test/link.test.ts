import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEvent } from "@afloat/shared/wire";
import { type Command, COMMANDS_PER_MINUTE, decideCommand } from "../src/link/core/command-rules.ts";
import { afterAck, afterWelcome, batchOf, type Outbox, room } from "../src/link/core/outbox.ts";
import { retryDelayMs, SOCKET_AGAIN_MS, SOCKET_TRIES, transportFor } from "../src/link/core/pace.ts";
import { cloudFault } from "../src/link/credential.ts";

const event = (seq: number, why = "x"): JournalEvent => ({
  ...{ kind: "restart", seq, atMs: 1, service: "web", planned: false, why },
});

describe("what is sent", () => {
  it("whatever connections break and wherever: every event is recorded at last, in order, and none is forgotten before", () => {
    const steps = fc.array(fc.constantFrom("event", "send", "hold", "record", "break", "cloud-forgets"), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(steps, (moves) => {
        let lastSeq = 0;
        let forgotten = 0;
        let outbox: Outbox | null = null;
        // The cloud's side: what it holds (and may lose with its memory), what its database has.
        let held = 0;
        let recorded = 0;
        let wire: number[] = [];
        const connect = () => {
          wire = [];
          outbox = afterWelcome({ recorded });
          held = recorded;
        };
        const send = () => {
          while (outbox !== null && room(outbox, lastSeq) > 0) {
            const from: number = outbox.sent;
            const batch = Array.from({ length: room(outbox, lastSeq) }, (_, i) => from + 1 + i);
            wire.push(...batch);
            outbox = { ...outbox, sent: batch.at(-1) ?? outbox.sent };
          }
        };
        const hold = () => {
          for (const seq of wire.splice(0)) if (seq === held + 1) held = seq;
          if (outbox !== null) outbox = afterAck(outbox, { held });
        };
        const record = () => {
          recorded = held;
          if (outbox !== null) forgotten = recorded;
        };
        for (const move of [...moves, "break", "send", "hold", "send", "hold", "record"]) {
          if (outbox === null) connect();
          if (move === "event") lastSeq++;
          if (move === "send") send();
          if (move === "hold") hold();
          if (move === "record") record();
          if (move === "break") outbox = null;
          if (move === "cloud-forgets") [held, outbox] = [recorded, null];
          expect(forgotten).toBeLessThanOrEqual(recorded);
        }
        expect(recorded).toBe(lastSeq);
      }),
      { numRuns: 500 },
    );
  });

  it("never more on the way than the cloud can take, and never a frame that is too large", () => {
    expect(room({ held: 0, sent: 0 }, 5_000)).toBe(200);
    expect(room({ held: 0, sent: 1_000 }, 5_000)).toBe(0);
    expect(room({ held: 900, sent: 1_000 }, 1_050)).toBe(50);
    const large = Array.from({ length: 200 }, (_, i) => event(i + 1, "y".repeat(2_000)));
    const batch = batchOf(large);
    expect(batch.length).toBeGreaterThan(1);
    expect(JSON.stringify(batch).length).toBeLessThan(256 * 1024);
    expect(batchOf([event(1, "z".repeat(500_000))]).length).toBe(1);
  });
});

describe("how the link paces itself", () => {
  it("waits longer with each failure, up to a minute, and anywhere below that: a thousand hosts do not come at once", () => {
    expect([1, 2, 3, 7, 100].map((failures) => retryDelayMs(failures, 1))).toEqual([
      1_000, 2_000, 4_000, 60_000, 60_000,
    ]);
    expect(retryDelayMs(100, 0)).toBe(0);
  });

  it("where sockets never pass, speaks HTTP, and tries a socket again now and then", () => {
    expect(transportFor({ socketFailures: SOCKET_TRIES - 1, httpSinceMs: null }, 0)).toBe("socket");
    expect(transportFor({ socketFailures: SOCKET_TRIES, httpSinceMs: null }, 0)).toBe("http");
    expect(transportFor({ socketFailures: SOCKET_TRIES, httpSinceMs: 0 }, SOCKET_AGAIN_MS)).toBe("http");
    expect(transportFor({ socketFailures: SOCKET_TRIES, httpSinceMs: 0 }, SOCKET_AGAIN_MS + 1)).toBe("socket");
  });

  it("never sends a credential unencrypted off this machine", () => {
    for (const good of [
      "https://afloat.example.com",
      "http://127.0.0.1:7654",
      "http://localhost:1",
      "http://[::1]:80",
    ]) {
      expect(cloudFault(good), good).toBeNull();
    }
    for (const bad of [
      "http://afloat.example.com",
      "http://127.0.0.1.evil.example",
      "ws://a.b",
      "afloat.example.com",
      "",
    ]) {
      expect(cloudFault(bad), bad).not.toBeNull();
    }
  });
});

describe("what is done for somebody afar", () => {
  const command: Command = {
    type: "command",
    id: "c1",
    verb: "restart",
    service: "web",
    by: "Anna",
    expiresInMs: 60_000,
  };
  const limits = { remote: ["restart"] as const, services: ["web"], takenMs: [] };

  it("only what the host's own configuration allows, for services that it has", () => {
    expect(decideCommand(command, limits, 0)).toEqual({ kind: "claim", verb: "restart" });
    expect(decideCommand({ ...command, verb: "pause" }, limits, 0)).toMatchObject({ kind: "refuse" });
    expect(decideCommand({ ...command, service: "other" }, limits, 0)).toMatchObject({ kind: "refuse" });
    expect(decideCommand(command, { ...limits, remote: [] }, 0)).toMatchObject({ kind: "refuse" });
  });

  it("only so many in a minute, whatever the cloud says", () => {
    const takenMs = Array.from({ length: COMMANDS_PER_MINUTE }, (_, i) => i);
    expect(decideCommand(command, { ...limits, takenMs }, 1_000)).toMatchObject({ kind: "refuse" });
    expect(decideCommand(command, { ...limits, takenMs }, 70_000)).toMatchObject({ kind: "claim" });
  });
});
