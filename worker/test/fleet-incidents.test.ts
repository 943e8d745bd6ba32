import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { incident, notice } from "../src/db/schema.ts";
import { db, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { flip, loopClosed, loopOpened, snapshot, TestAgent } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
  await makeChannel(host.organizationId);
});

afterEach(() => {
  vi.useRealTimers();
});

const incidents = () => db().select().from(incident).where(eq(incident.hostId, host.id));
const notices = async () =>
  (await db().select().from(notice).where(eq(notice.organizationId, host.organizationId))).map(({ phase }) => phase);

describe("a restart loop", () => {
  it("opens one incident with its evidence, and tells once", async () => {
    const agent = await TestAgent.greet(host);
    const opened = loopOpened(2);
    await agent.tells(flip(1, { loop: opened.loop, verdict: "down", reasonCode: "exited" }), opened);
    expect(await incidents()).toMatchObject([
      {
        kind: "restart-loop",
        title: "web-1 / web is restarting in a loop",
        cause: "4 restarts in 0.9 s, exits with code 3 within 0.3 s of every start",
        closedMs: null,
        evidence: { lastLines: ["boom"], exit: "exited with code 3", restarts: 4, causeCode: "exit-code" },
      },
    ]);
    expect(await notices()).toEqual(["opened"]);
  });

  it("closes it once, and tells that it is over", async () => {
    const agent = await TestAgent.greet(host);
    const opened = loopOpened(1);
    await agent.tells(opened);
    await agent.tells(loopClosed(2, opened), flip(3));
    expect((await incidents()).map(({ closedMs }) => closedMs !== null)).toEqual([true]);
    expect(await notices()).toEqual(["opened", "closed"]);
  });

  it("told again, by a new hello or by the same events, stays one", async () => {
    const agent = await TestAgent.greet(host);
    const opened = loopOpened(1);
    const looping = { loop: opened.loop, verdict: "down" as const, reasonCode: "exited" as const };
    await agent.tells(opened, flip(2, looping));
    await agent.tells(opened, flip(2, looping));
    const services = [snapshot(looping)];
    await TestAgent.greet(host, { lastSeq: 2, firstSeq: 1, services });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    // Its journal was lost: a new one tells the loop that is open as if it were news.
    const again = await TestAgent.greet(host, { journalId: "journal2", services });
    await again.tells(loopOpened(1, opened.atMs), flip(2, looping));
    expect((await incidents()).length).toBe(1);
    expect((await notices()).filter((phase) => phase === "opened")).toEqual(["opened"]);
  });

  it("is not opened again by a hello from while it was open, said over again by somebody on the way", async () => {
    const agent = await TestAgent.greet(host);
    const opened = loopOpened(1);
    const looping = { loop: opened.loop, verdict: "down" as const, reasonCode: "exited" as const };
    await agent.tells(opened, flip(2, looping));
    await agent.tells(loopClosed(3, opened), flip(4));
    await TestAgent.greet(host, { lastSeq: 2, firstSeq: 1, services: [snapshot(looping)] });
    await TestAgent.greet(host, { lastSeq: 4, firstSeq: 1, services: [snapshot()] });
    expect((await incidents()).map(({ closedMs }) => closedMs !== null)).toEqual([true]);
    expect(await notices()).toEqual(["opened", "closed"]);
  });

  it("that began and ended before it reached us is recorded at its own time and told once, as over", async () => {
    const agent = await TestAgent.greet(host);
    const opened = loopOpened(1, Date.now() - 600_000);
    await agent.tells(opened, loopClosed(2, opened, Date.now() - 300_000));
    const [late] = await incidents();
    expect(late?.openedMs).toBe(opened.atMs);
    expect(late?.closedMs).toBeLessThan(Date.now() - 299_000);
    expect(await notices()).toEqual(["closed"]);
  });

  it("whose end was lost is closed by the state as it is", async () => {
    const agent = await TestAgent.greet(host);
    const opened = loopOpened(1);
    await agent.tells(opened, flip(2, { loop: opened.loop }));
    await agent.tells(flip(3, { loop: null }));
    expect((await incidents())[0]?.closedMs).not.toBeNull();
  });
});

describe("other incidents", () => {
  const noticeOf = (seq: number, code: "endpoint-unproven" | "endpoint-regressed") =>
    ({ kind: "notice", seq, atMs: Date.now(), service: "web", code, text: `the health check: ${code}` }) as const;

  it("an unproven endpoint is told once, calmly, and is over when it answers", async () => {
    const agent = await TestAgent.greet(host);
    const degraded = { verdict: "degraded" as const, reasonCode: "unproven-endpoint" as const };
    await agent.tells(flip(1, degraded), noticeOf(2, "endpoint-unproven"));
    expect((await incidents()).map(({ kind }) => kind)).toEqual(["endpoint-unproven"]);
    await agent.tells(flip(3));
    expect((await incidents())[0]?.closedMs).not.toBeNull();
  });

  it("one whose end alone is told to nobody is told once all the same, if it came and went before it reached us", async () => {
    const agent = await TestAgent.greet(host);
    const degraded = { verdict: "degraded" as const, reasonCode: "unproven-endpoint" as const };
    await agent.tells(flip(1, degraded), noticeOf(2, "endpoint-unproven"), flip(3));
    expect((await incidents()).map(({ closedMs }) => closedMs !== null)).toEqual([true]);
    expect(await notices()).toEqual(["closed"]);
  });

  const regressed = {
    ...{ verdict: "degraded" as const, reasonCode: "regressed-endpoint" as const },
    reason: "GET /health → 503; it answered until 12:00",
  };
  const kindsOpen = async () => (await incidents()).filter(({ closedMs }) => closedMs === null).map(({ kind }) => kind);

  it("an endpoint that failed is over when it answers, not while it is just not called after an exit", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1, regressed), noticeOf(2, "endpoint-regressed"));
    const spared = { reasonCode: "port-only" as const, reason: "port 5001 listens" };
    await agent.tells(flip(3, { verdict: "starting", reasonCode: "start-period" }), flip(4, spared));
    expect(await kindsOpen()).toEqual(["endpoint-regressed"]);
    await agent.tells(flip(5, regressed), flip(6));
    expect(await kindsOpen()).toEqual([]);
    expect(await notices()).toEqual(["opened", "closed"]);
  });

  it("an endpoint that answers again is over though one of several ports is closed, and stands while it is not known to answer", async () => {
    const agent = await TestAgent.greet(host);
    const closed = { verdict: "degraded" as const, reasonCode: "port-missing" as const, reason: "port 5002 is closed" };
    const sinceMs = Date.now();
    const endpoint = { ...{ what: "GET /", proven: true, last: "200", lastMs: 3, retired: false }, lastOkMs: sinceMs };
    await agent.tells(flip(1, regressed));
    await agent.tells(flip(2, { ...closed, sinceMs, endpoint: { ...endpoint, lastOkMs: sinceMs - 60_000 } }));
    await agent.tells(flip(3, { ...closed, sinceMs, endpoint: { ...endpoint, lastOkMs: null } }));
    expect(await kindsOpen()).toEqual(["endpoint-regressed"]);
    // The verdict is reached a moment after the answer.
    await agent.tells(flip(4, { ...closed, sinceMs: sinceMs + 20, endpoint }));
    expect(await kindsOpen()).toEqual([]);
    expect(await notices()).toEqual(["opened", "closed"]);
  });

  it("a port that was never seen open is found once it is, though another of the service is closed", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1, { verdict: "degraded", reasonCode: "unproven-port", endpoint: null }));
    expect(await kindsOpen()).toEqual(["endpoint-unproven"]);
    await agent.tells(flip(2, { verdict: "degraded", reasonCode: "port-missing", endpoint: null }));
    expect(await kindsOpen()).toEqual([]);
  });

  it("an endpoint that is configured no more has no incident", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1, regressed));
    await agent.tells(flip(2, { reasonCode: "port-only", endpoint: null }));
    expect(await kindsOpen()).toEqual([]);
  });

  it("an endpoint that fails still when a person resumes its service is told again, though the agent noticed it once", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1, regressed), noticeOf(2, "endpoint-regressed"));
    await agent.tells(flip(3, { verdict: "paused", reasonCode: "paused-by-person" }));
    expect(await kindsOpen()).toEqual([]);
    await agent.tells(flip(4, { verdict: "starting", reasonCode: "start-period" }), flip(5, regressed));
    expect(await kindsOpen()).toEqual(["endpoint-regressed"]);
    expect((await incidents()).map(({ cause }) => cause)).toContain(regressed.reason);
  });

  it("a port that another holds stands for as long as that is said, whatever the verdict", async () => {
    const agent = await TestAgent.greet(host);
    const held = { verdict: "unhealthy" as const, reasonCode: "port-conflict" as const, reason: "port 5001 is held" };
    await agent.tells(flip(1, held));
    await agent.tells(flip(2, { ...held, verdict: "degraded" }));
    expect(await kindsOpen()).toEqual(["port-conflict"]);
    await agent.tells(flip(3, regressed));
    expect(await kindsOpen()).toEqual(["endpoint-regressed"]);
  });

  it("a service that ended badly, and that its policy starts no more, is down until it starts", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(
      flip(1, { verdict: "down", reasonCode: "exited", state: "completed", reason: "exited with code 3" }),
    );
    expect((await incidents())[0]).toMatchObject({ kind: "service-down", closedMs: null });
    await agent.tells(flip(2, { verdict: "starting", reasonCode: "start-period" }));
    expect((await incidents())[0]?.closedMs).not.toBeNull();
  });

  it("all of a service's are over when it is configured no more", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1), loopOpened(2), noticeOf(3, "endpoint-regressed"));
    expect((await incidents()).length).toBe(2);
    await agent.tells({ kind: "removed", seq: 4, atMs: Date.now(), service: "web" });
    expect((await incidents()).filter(({ closedMs }) => closedMs === null)).toEqual([]);
  });
});
