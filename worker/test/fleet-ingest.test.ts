import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { flip as flipTable, host as hostTable, service } from "../src/db/schema.ts";
import { db, fleetOf, makeHost, makeOrganization, recordedSeq, type TestHost } from "./ground.ts";
import { eventually, flip, hello, snapshot, TestAgent, turn } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
});

const flips = () =>
  db()
    .select()
    .from(flipTable)
    .where(eq(flipTable.subjectId, `${host.id}.web`));
const services = () => db().select().from(service).where(eq(service.hostId, host.id));
const row = async () => (await db().select().from(hostTable).where(eq(hostTable.id, host.id)))[0];

describe("what an agent tells", () => {
  it("hello is answered by both marks; events are recorded in the database, and only then may be forgotten", async () => {
    const agent = await TestAgent.greet(host);
    expect(await agent.hears("welcome")).toMatchObject({ held: 0, recorded: 0, protocol: 1 });
    await agent.tells(flip(1, { verdict: "starting" }), flip(2));
    expect((await flips()).map(({ seq, verdict }) => [seq, verdict])).toEqual([
      [1, "starting"],
      [2, "healthy"],
    ]);
    expect((await services())[0]).toMatchObject({ name: "web", publicStatus: "operational" });
    expect(await row()).toMatchObject({ journalId: "journal1", link: "online", remote: ["restart"] });
    expect(await recordedSeq(host)).toBe(2);
  });

  it("what a service depends on is kept with it; an older agent does not say", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1, { needs: ["db", "cache"] }));
    expect((await services())[0]?.snapshot.needs).toEqual(["db", "cache"]);
    await agent.tells(flip(2, { verdict: "starting" }));
    expect((await services())[0]?.snapshot.needs).toBeUndefined();
  });

  it("the same events again write nothing and are acknowledged again", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1), flip(2, { verdict: "down", reasonCode: "exited" }));
    const before = await fleetOf(host).figures();
    agent.heard.length = 0;
    await agent.tells(flip(1), flip(2, { verdict: "down", reasonCode: "exited" }));
    expect((await flips()).length).toBe(2);
    expect((await fleetOf(host).figures()).rowsWritten).toBe(before.rowsWritten);
  });

  it("behind a hole nothing is taken: it comes again, in order", async () => {
    const agent = await TestAgent.greet(host);
    agent.say({ type: "events", events: [turn(1), turn(3)] });
    await agent.hears("ack", ({ recorded }) => recorded === 1);
    await agent.tells(turn(2), turn(3));
    expect((await flips()).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it("back after a while, an agent is told from where to send again", async () => {
    const first = await TestAgent.greet(host);
    await first.tells(flip(1), flip(2));
    first.close();
    const second = await TestAgent.connect(host);
    second.say(hello({ firstSeq: 1, lastSeq: 4 }));
    expect(await second.hears("welcome")).toMatchObject({ held: 2, recorded: 2 });
  });

  it("a service that is configured no more is gone from the pages, and comes back when it does", async () => {
    const agent = await TestAgent.greet(host, { services: [snapshot()], lastSeq: 0 });
    await eventually("the service", async () => (await services())[0]);
    await agent.tells({ kind: "removed", seq: 1, atMs: Date.now(), service: "web" });
    expect((await services())[0]?.removedMs).not.toBeNull();
    await agent.tells(flip(2));
    expect((await services())[0]?.removedMs).toBeNull();
  });

  it("a clock that is ahead cannot write into the future", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1, {}, Date.now() + 86_400_000));
    const [written] = await flips();
    expect(written?.atMs).toBeLessThanOrEqual(Date.now());
  });

  it("survives an eviction of the Fleet: the socket lives on, and so does what was told", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1));
    await evictDurableObject(fleetOf(host));
    await agent.tells(turn(2));
    expect((await flips()).length).toBe(2);
  });

  it("with the database away, what was acknowledged as held is recorded later, and nothing is lost", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1));
    await env.DB.exec("alter table flip rename to flip_away");
    agent.say({ type: "events", events: [turn(2)] });
    await agent.hears("ack", ({ held, recorded }) => held === 2 && recorded === 1);
    await evictDurableObject(fleetOf(host));
    await env.DB.exec("alter table flip_away rename to flip");
    // Whatever comes next brings it along; the alarm would, were it silent.
    agent.say({ type: "events", events: [turn(3)] });
    await agent.hears("ack", ({ recorded }) => recorded === 3);
    expect((await flips()).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});

describe("what no agent of ours would say", () => {
  it.each([
    ["no JSON", "{", "bad-message"],
    ["a message nobody knows", '{"type":"reboot"}', "unknown-message"],
    ["a field that is none", '{"type":"claim","command":7}', "bad-message"],
    ["a frame that is too large", JSON.stringify({ type: "claim", command: "x".repeat(300_000) }), "too-large"],
    ["anything before hello", '{"type":"claim","command":"c1"}', "hello-first"],
  ])("%s is answered with an error, and the connection lives", async (_what, frame, code) => {
    const agent = await TestAgent.connect(host);
    agent.say(frame);
    expect(await agent.hears("error")).toMatchObject({ code });
    agent.say(hello());
    await agent.hears("welcome");
  });

  it("another protocol is named, not guessed at", async () => {
    const agent = await TestAgent.connect(host);
    agent.say(hello({ protocol: 3 }));
    expect((await agent.hears("error")).text).toContain("this cloud is the older one");
  });

  it("a flood from one host is told to wait, and harms nobody else", async () => {
    const agent = await TestAgent.greet(host);
    for (let seq = 1; seq <= 800; seq += 200) {
      agent.say({ type: "events", events: Array.from({ length: 200 }, (_, i) => flip(seq + i)) });
    }
    expect(await agent.hears("error")).toMatchObject({ code: "busy" });
    const other = await TestAgent.greet(await makeHost(host.organizationId, "web-2"));
    await other.tells(flip(1));
  });

  it("a forged, a malformed and a missing credential are refused at the door", async () => {
    for (const authorization of [
      `Bearer ${host.credential.replace(/.$/, "A")}x`,
      "Bearer afa_a.b.1.c",
      "Bearer ",
      "",
    ]) {
      const answer = await exports.default.fetch("https://afloat.test/agent/connect", {
        headers: { Upgrade: "websocket", Authorization: authorization },
      });
      expect(answer.status, authorization).toBe(401);
    }
  });
});

describe("over HTTP, where WebSockets cannot pass", () => {
  const post = async (messages: object[]) => {
    const answer = await exports.default.fetch("https://afloat.test/agent/messages", {
      method: "POST",
      headers: { Authorization: `Bearer ${host.credential}` },
      body: JSON.stringify({ messages }),
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };

  it("compressed bodies are taken, told so in every answer; one that unpacks to too much, or is not packed, is refused", async () => {
    const packed = async (text: string) => {
      const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
      const answer = await exports.default.fetch("https://afloat.test/agent/messages", {
        method: "POST",
        headers: { Authorization: `Bearer ${host.credential}`, "Content-Encoding": "gzip" },
        body: await new Response(stream).arrayBuffer(),
      });
      return { status: answer.status, body: JSON.parse(await answer.text()) };
    };
    const { status, body } = await packed(JSON.stringify({ messages: [hello()] }));
    expect([status, body.gzip, body.messages[0].type]).toEqual([200, true, "welcome"]);
    expect((await packed(" ".repeat(600 * 1024))).status).toBe(400);
    const torn = await exports.default.fetch("https://afloat.test/agent/messages", {
      method: "POST",
      headers: { Authorization: `Bearer ${host.credential}`, "Content-Encoding": "gzip" },
      body: "not packed",
    });
    expect(torn.status).toBe(400);
  });

  it("the same messages get the same answers", async () => {
    const { body } = await post([hello(), { type: "events", events: [flip(1)] }]);
    expect(body.messages).toMatchObject([{ type: "welcome" }, { type: "ack", held: 1, recorded: 1 }]);
    expect((await flips()).length).toBe(1);
    const beat = await post([{ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 1 }]);
    expect(beat.body.messages).toEqual([{ type: "ack", held: 1, recorded: 1 }]);
  });

  it("an idle host writes its last sign of life at most every third of its deadline", async () => {
    await post([hello()]);
    const before = (await fleetOf(host).figures()).rowsWritten;
    for (let i = 0; i < 10; i++) await post([{ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 }]);
    expect((await fleetOf(host).figures()).rowsWritten - before).toBeLessThanOrEqual(1);
  });

  it("a message nobody knows is answered, and costs the others nothing", async () => {
    const { status, body } = await post([{ type: "reboot" }, hello(), { type: "events", events: [flip(1)] }]);
    expect(status).toBe(200);
    expect(body.messages).toMatchObject([
      { type: "error", code: "unknown-message" },
      { type: "welcome" },
      { type: "ack", recorded: 1 },
    ]);
  });

  it("what is no list of messages is refused, with what was expected", async () => {
    const answer = await exports.default.fetch("https://afloat.test/agent/messages", {
      method: "POST",
      headers: { Authorization: `Bearer ${host.credential}` },
      body: '{"messages":7}',
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("expected { messages }");
  });
});
