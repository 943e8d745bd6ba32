import { describe, expect, it } from "vitest";
import type { PublicStatus, ReasonCode, Verdict } from "../src/domain.ts";
import { pageSentence } from "../src/core/page-sentence.ts";
import { publicStatus, worstOf } from "../src/core/public-status.ts";
import { loop } from "./service-snapshot.ts";

describe("what the public sees", () => {
  const rows: [Verdict, ReasonCode, PublicStatus][] = [
    ["healthy", "endpoint-ok", "operational"],
    ["healthy", "foreign-answer", "operational"],
    ["healthy", "port-only", "operational"],
    ["completed", "exit-success", "operational"],
    ["degraded", "unproven-endpoint", "operational"],
    ["degraded", "unproven-port", "operational"],
    ["paused", "paused-by-person", "maintenance"],
    ["degraded", "regressed-endpoint", "degraded_performance"],
    ["degraded", "port-missing", "operational"],
    ["unhealthy", "not-listening", "outage"],
    ["unhealthy", "port-conflict", "outage"],
    ["down", "exited", "outage"],
    ["down", "cannot-start", "outage"],
  ];
  it.each(rows)("%s (%s) is %s, whatever it was before", (verdict, reasonCode, status) => {
    for (const before of ["operational", "outage", "unknown"] as const) {
      expect(publicStatus({ verdict, reasonCode, loop: null }, before)).toBe(status);
    }
  });

  it.each([
    ["starting", "start-period"],
    ["waiting", "dependency"],
  ] as const)("%s keeps the word before, also where that was unknown", (verdict, reasonCode) => {
    for (const before of ["operational", "outage", "unknown", "degraded_performance"] as const) {
      expect(publicStatus({ verdict, reasonCode, loop: null }, before)).toBe(before);
    }
  });

  it("starting, and never seen before: unknown, not green", () => {
    expect(publicStatus({ verdict: "starting", reasonCode: "start-period", loop: null }, null)).toBe("unknown");
  });

  it("what a person stopped together with its agent is in maintenance, not an outage", () => {
    expect(publicStatus({ verdict: "down", reasonCode: "shut-down", loop: null }, "operational")).toBe("maintenance");
  });

  it("a restart loop that is over is no outage any more", () => {
    expect(publicStatus({ verdict: "healthy", reasonCode: "endpoint-ok", loop: loop(0, 9) }, "outage")).toBe(
      "operational",
    );
  });

  it("a restart loop is an outage, also between two crashes when the service answers", () => {
    expect(publicStatus({ verdict: "healthy", reasonCode: "endpoint-ok", loop: loop(0) }, "operational")).toBe(
      "outage",
    );
    expect(publicStatus({ verdict: "starting", reasonCode: "start-period", loop: loop(0) }, "operational")).toBe(
      "outage",
    );
  });

  it("a paused service is in maintenance, also where it had been looping", () => {
    expect(publicStatus({ verdict: "paused", reasonCode: "paused-by-person", loop: loop(0) }, "outage")).toBe(
      "maintenance",
    );
  });

  it("the worst of several counts; nothing at all is unknown, and unknown is never hidden by green", () => {
    expect(worstOf(["operational", "degraded_performance", "outage", "unknown"])).toBe("outage");
    expect(worstOf(["operational", "unknown", "maintenance"])).toBe("unknown");
    expect(worstOf(["operational", "maintenance"])).toBe("maintenance");
    expect(worstOf([])).toBe("unknown");
  });
});

describe("the page's first sentence", () => {
  const of = (...statuses: PublicStatus[]) =>
    pageSentence(statuses.map((status, i) => ({ name: ["The backend", "The ui", "Files", "Mail"][i] ?? "", status })));

  it.each([
    [["operational", "operational"], "Everything is afloat"],
    [["operational"], "Everything is afloat"],
    [[], "Nothing is watched here yet"],
    [["degraded_performance", "operational"], "The backend is answering slowly or with errors"],
    [["degraded_performance"], "The backend is answering slowly or with errors"],
    [["outage", "outage", "operational"], "The backend and The ui are down"],
    [["outage", "outage", "outage", "operational"], "3 of 4 services are down"],
    [["outage", "outage"], "Everything is down"],
    [["outage", "degraded_performance", "operational"], "The backend is down, and 1 more is not well"],
    [["outage", "unknown", "maintenance"], "The backend is down, and 2 more are not well"],
    [["maintenance", "operational"], "The backend is being worked on"],
    [["unknown", "unknown"], "Nothing is known right now"],
    [["unknown", "operational"], "Nothing has been heard of The backend"],
  ] as [PublicStatus[], string][])("%j: %s", (statuses, sentence) => {
    expect(of(...statuses)).toBe(sentence);
  });

  it("a looping service is named as such", () => {
    expect(
      pageSentence([
        { name: "worker-2 / ingest", status: "outage", looping: true },
        { name: "ui", status: "operational" },
      ]),
    ).toBe("worker-2 / ingest is restarting in a loop");
  });
});
