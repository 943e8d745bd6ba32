import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { agreeOn } from "../src/core/protocol-version.ts";
import { agentMessage, cloudMessage } from "../src/wire.ts";
import * as first from "./samples/protocol-1-first/wire.ts";
import { grown, VERSIONS } from "./samples/replay.ts";

describe.each(VERSIONS)("what $version said", ({ agent, cloud }) => {
  it("is understood today, every word of it", () => {
    for (const message of agent) expect(v.parse(agentMessage, message)).toEqual(message);
    for (const message of cloud) expect(v.parse(cloudMessage, message)).toEqual(message);
  });

  it("with more fields everywhere is understood as what it was", () => {
    for (const message of agent) expect(v.parse(agentMessage, grown(message))).toEqual(message);
    for (const message of cloud) expect(v.parse(cloudMessage, grown(message))).toEqual(message);
  });

  it("is a whole conversation", () => {
    const types = [...agent, ...cloud].map(({ type }) => type);
    for (const type of [
      "hello",
      "events",
      "beat",
      "claim",
      "bye",
      "welcome",
      "ack",
      "command",
      "grant",
      "deny",
      "error",
    ])
      expect(types).toContain(type);
    const kinds = agent.flatMap((message) => (message.type === "events" ? message.events.map(({ kind }) => kind) : []));
    for (const kind of [
      "agent-started",
      "flip",
      "exited",
      "restart",
      "loop-opened",
      "loop-closed",
      "notice",
      "command",
    ])
      expect(kinds).toContain(kind);
  });
});

describe("a host or a cloud of the first version", () => {
  const now = VERSIONS.at(-1) ?? { agent: [], cloud: [] };

  it("understands what is said today, or does not know that kind of message at all", () => {
    const unknown = new Set<string>();
    for (const [schema, messages] of [
      [first.agentMessage, now.agent],
      [first.cloudMessage, now.cloud],
    ] as const) {
      for (const message of messages) {
        const parsed = v.safeParse(schema, message);
        if (parsed.success) continue;
        expect(v.getDotPath(parsed.issues[0]), JSON.stringify(parsed.issues[0])).toBe("type");
        unknown.add(message.type);
      }
    }
    // Said only to a side that said before that it knows them, or of no use to one that does not.
    expect([...unknown].sort()).toEqual(["measures", "sample", "sampled", "stream", "tail"]);
  });
});

describe("versions of the protocol", () => {
  it("next to each other speak the older one's", () => {
    expect(agreeOn(1, 1)).toEqual({ kind: "agreed", protocol: 1 });
    expect(agreeOn(1, 2)).toEqual({ kind: "agreed", protocol: 1 });
    expect(agreeOn(2, 1)).toEqual({ kind: "agreed", protocol: 1 });
    expect(agreeOn(3, 2)).toEqual({ kind: "agreed", protocol: 2 });
  });

  it("further apart do not work together, and the older one is to be updated", () => {
    expect(agreeOn(1, 3)).toEqual({ kind: "too-far", older: "ours" });
    expect(agreeOn(3, 1)).toEqual({ kind: "too-far", older: "theirs" });
    expect(agreeOn(1, 0)).toEqual({ kind: "too-far", older: "theirs" });
  });
});
