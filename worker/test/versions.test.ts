import type { AgentMessage, Hello, JournalEvent } from "@afloat/shared/wire";
import { beforeEach, describe, expect, it } from "vitest";
import { grown, VERSIONS } from "../../shared/test/samples/replay.ts";
import { makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { hello, TestAgent } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
});

/** A recorded conversation as one host has it: events are numbered without the holes that the choice of samples left. */
function conversation(messages: AgentMessage[]): { first: Hello; events: JournalEvent[]; rest: AgentMessage[] } {
  const first = messages.find((message) => message.type === "hello");
  if (first === undefined) throw new Error("a conversation begins with hello");
  const events = messages.flatMap((message) => (message.type === "events" ? message.events : []));
  return {
    first: { ...first, firstSeq: 0, lastSeq: 0, services: [] },
    events: events.map((event, i) => ({ ...event, seq: i + 1 })),
    rest: messages.flatMap((message) => {
      if (message.type === "beat") return { ...message, journalId: first.journalId, runId: first.runId };
      return ["hello", "events", "bye"].includes(message.type) ? [] : message;
    }),
  };
}

describe.each(VERSIONS)("an agent of $version", ({ agent: messages }) => {
  it.each([
    ["as it spoke", <T>(message: T) => message],
    ["with fields more everywhere", grown],
  ])("is heard to the end by this cloud, %s", async (_how, say) => {
    const { first, events, rest } = conversation(messages);
    const agent = await TestAgent.connect(host);
    agent.say(say<AgentMessage>(first));
    expect(await agent.hears("welcome")).toMatchObject({ protocol: 1, held: 0, recorded: 0 });
    agent.say(say<AgentMessage>({ type: "events", events }));
    await agent.hears("ack", ({ recorded }) => recorded === events.length);
    agent.heard.length = 0;
    for (const message of rest) agent.say(say(message));
    agent.say({ type: "beat", journalId: first.journalId, runId: first.runId, lastSeq: events.length });
    await agent.hears("ack");
    expect(agent.heard.filter(({ type }) => type === "error")).toEqual([]);
    const claims = rest.filter(({ type }) => type === "claim").length;
    expect(agent.heard.filter(({ type }) => type === "deny").length).toBe(claims);
    agent.close();
  });
});

describe("a cloud", () => {
  it("answers a message that it does not know, and goes on: by socket", async () => {
    const agent = await TestAgent.greet(host);
    agent.say(JSON.stringify({ type: "sing", song: "a newer agent's" }));
    expect((await agent.hears("error")).code).toBe("unknown-message");
    agent.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 });
    await agent.hears("ack");
    expect(agent.closed).toBeNull();
  });

  it("answers a message that it does not know, and goes on: by HTTP, where it comes among others", async () => {
    const { exports } = await import("cloudflare:workers");
    const answer = await exports.default.fetch("https://afloat.test/agent/messages", {
      method: "POST",
      headers: { Authorization: `Bearer ${host.credential}` },
      body: JSON.stringify({ messages: [hello(), { type: "sing" }, { type: "claim", command: "c1" }] }),
    });
    const { messages }: { messages: { type: string; code?: string }[] } = await answer.json();
    expect(messages.map(({ type, code }) => code ?? type)).toEqual(["welcome", "unknown-message", "deny", "ack"]);
  });

  it("speaks its own version with an agent of the next one, and leaves out the words that it does not know", async () => {
    const agent = await TestAgent.connect(host);
    agent.say(JSON.stringify({ ...hello(), protocol: 2, remote: ["restart", "dance"] }));
    expect((await agent.hears("welcome")).protocol).toBe(1);
  });

  it.each([
    ["too old", 0, "update the agent"],
    ["too new", 3, "this cloud is the older one"],
  ])("tells an agent that is %s what to do, whatever else its hello says", async (_what, protocol, words) => {
    for (const said of [
      { ...hello(), protocol },
      { type: "hello", protocol, shape: "another" },
    ]) {
      const agent = await TestAgent.connect(host);
      agent.say(JSON.stringify(said));
      expect(await agent.hears("error")).toMatchObject({ code: "too-old", text: expect.stringContaining(words) });
      agent.close();
    }
  });
});
