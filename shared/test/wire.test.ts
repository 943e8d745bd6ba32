import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { agentMessage, cloudMessage, journalEvent, serviceName } from "../src/wire.ts";
import { agentSamples, cloudSamples, eventSamples } from "./wire-samples.ts";

describe("the wire", () => {
  it.each(Object.entries(agentSamples))("an agent may say %s", (_type, sample) => {
    expect(v.parse(agentMessage, JSON.parse(JSON.stringify(sample)))).toEqual(sample);
  });

  it.each(Object.entries(cloudSamples))("the cloud may say %s", (_type, sample) => {
    expect(v.parse(cloudMessage, JSON.parse(JSON.stringify(sample)))).toEqual(sample);
  });

  it.each(Object.entries(eventSamples))("the journal may hold %s", (_kind, sample) => {
    expect(v.parse(journalEvent, JSON.parse(JSON.stringify(sample)))).toEqual(sample);
  });

  it("ignores what a newer one says more, so that either side may be older", () => {
    for (const sample of Object.values(agentSamples)) {
      expect(v.parse(agentMessage, { ...sample, since: "a newer version" })).toEqual(sample);
    }
  });

  it("carries no command line, no path and no code: a command is a known verb and a service's name", () => {
    const { command } = cloudSamples;
    for (const bad of [
      { ...command, verb: "run" },
      { ...command, verb: "restart; rm -rf /" },
      { ...command, service: "../../etc/passwd" },
      { ...command, service: "web; reboot" },
      { ...command, service: "*" },
      { ...command, service: "" },
    ]) {
      expect(v.safeParse(cloudMessage, bad).success, JSON.stringify(bad)).toBe(false);
    }
  });

  it("refuses words outside the glossary, times that are none, and what is too large", () => {
    const { flip } = eventSamples;
    for (const bad of [
      { ...flip, snapshot: { ...flip.snapshot, verdict: "fine" } },
      { ...flip, snapshot: { ...flip.snapshot, name: "a b" } },
      { ...flip, atMs: 1.5 },
      { ...flip, atMs: -1 },
      { ...flip, atMs: 9e15 },
      { ...flip, snapshot: { ...flip.snapshot, reason: "x".repeat(501) } },
      { ...eventSamples["loop-opened"], lastLines: Array.from({ length: 21 }, () => "line") },
    ]) {
      expect(v.safeParse(journalEvent, bad).success).toBe(false);
    }
    const tooMany = { type: "events", events: Array.from({ length: 201 }, () => flip) };
    expect(v.safeParse(agentMessage, tooMany).success).toBe(false);
    expect(v.safeParse(agentMessage, { type: "shutdown" }).success).toBe(false);
  });

  it("names of services that afloat.yaml allows are allowed on the wire, and no others", () => {
    for (const good of ["web", "a", "aurora-backend", "web_1.blue", "9lives"]) {
      expect(v.safeParse(serviceName, good).success, good).toBe(true);
    }
    for (const bad of ["", "-web", ".web", "we b", "web/1", "wéb", "x".repeat(65)]) {
      expect(v.safeParse(serviceName, bad).success, bad).toBe(false);
    }
  });
});
