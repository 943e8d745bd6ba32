import { freshId } from "../auth/ids.ts";
import type { Telling } from "./telling.ts";

/** What the test button sends: as a real message looks, and saying that it is none. It wakes nobody where that can be said. */
export function testTelling(
  organization: { name: string; slug: string },
  by: { name: string },
  publicUrl: string,
  nowMs: number,
): Telling {
  const id = `test-${freshId()}`;
  const title = "Test: web-1 / example is restarting in a loop";
  const cause = "4 restarts in 38 s, exits with code 1 within 0.8 s of every start";
  const lastLines = ["Error: ENOENT: no such file or directory, open '/etc/example/rules.json'"];
  const evidence = { lastLines, exit: "exited with code 1", restarts: 4, spanMs: 38_000, causeCode: "exit-code" };
  const facts = { kind: "restart-loop" as const, hostId: "example", hostName: "web-1", serviceName: "example" };
  return {
    message: {
      ...{ id, alertId: id, phase: "opened", severity: "info", isQuiet: true, atMs: nowMs, channelIds: [] },
      title,
      lines: [cause, `This is a test that ${by.name} asked for: nothing is wrong. A real message looks like this.`],
      ...{ lastLines, next: [], actions: [], more: 0 },
      incidents: [{ id, ...facts, title, cause, openedMs: nowMs, closedMs: null, evidence, isNew: true }],
    },
    sendId: id,
    organization: { name: organization.name, slug: organization.slug },
    links: [
      { kind: "open", label: "Open", url: `${publicUrl}/app/channels` },
      { kind: "runbook", label: "What to do", url: `${publicUrl}/runbook#loop-exit-code` },
    ],
    isTest: true,
  };
}

/** The end of the test, for services that keep what was opened open. */
export function testOver({ message, ...telling }: Telling, nowMs: number): Telling {
  const incidents = message.incidents.map((incident) => ({ ...incident, closedMs: nowMs }));
  const title = "Test over: web-1 / example";
  const id = `${message.id}.over`;
  return {
    ...telling,
    sendId: id,
    message: { ...message, id, phase: "closed", title, incidents, atMs: nowMs },
  };
}
