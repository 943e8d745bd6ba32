import type { ServiceSnapshot } from "@afloat/shared/domain";
import { afterAll, beforeAll, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { Receiver } from "./house/receiver.ts";
import { serviceOn } from "./house/service.ts";
import { until } from "./house/until.ts";

let house: House;
let owner: Member;
let host: StoryHost;
const receiver = new Receiver();

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  const channel = { slug: "aurora", name: "On call", url: await receiver.listen() };
  receiver.secret = (await house.server.operator<{ secret: string }>("/channel", channel)).secret;
  // Crashes in a loop while a file is there.
  const ingest = `  ingest:
    command: sh -c 'if [ -e broken ]; then echo boom; exit 3; fi; exec sleep 1000'
    backoff: { min: 20ms, max: 20ms, stable_after: 500ms }
`;
  const services = `services:\n${serviceOn("web", await claimPorts(), "health: /healthz")}${ingest}`;
  host = await house.addHost("aurora", "web-1", services);
});

afterAll(async () => {
  receiver.close();
  await house.end();
});

it("what happened while the cloud was away arrives afterwards, once and as it was: restarts, a loop that is over, a new process", async () => {
  const isToldAll = () => until("everything told", () => host.status()?.link.unsent === 0);
  const web = await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  const ingest = await host.see("ingest", ({ pid }) => pid !== null, "runs");
  await isToldAll();

  const after = new Map<string, ServiceSnapshot>();
  await house.serveAgain(async () => {
    process.kill(web.pid ?? 0, "SIGKILL");
    host.write("broken", "");
    process.kill(ingest.pid ?? 0, "SIGKILL");
    // Many more crashes than are told one by one.
    await host.see("ingest", ({ restarts, loop }) => restarts > 60 && loop !== null, "crashes in a loop");
    host.remove("broken");
    const isOver = ({ loop, verdict }: ServiceSnapshot) => loop === null && verdict === "healthy";
    after.set("ingest", await host.see("ingest", isOver, "is over it"));
    after.set(
      "web",
      await host.see("web", ({ verdict, pid }) => verdict === "healthy" && pid !== web.pid, "is up again"),
    );
  });
  await isToldAll();

  const fleet = await house.fleetOf(owner);
  const shown = (name: string) => fleet.hosts[0]?.services.find(({ snapshot }) => snapshot.name === name)?.snapshot;
  for (const { name, pid, restarts, verdict, loop } of after.values())
    expect(shown(name)).toMatchObject({ pid, restarts, verdict, loop });
  const [loop, ...more] = fleet.incidents.filter(({ kind }) => kind === "restart-loop");
  expect(more).toEqual([]);
  expect(loop).toMatchObject({ service: "ingest", lastLines: expect.arrayContaining(["boom"]) });
  // At its own times, before the cloud was back.
  expect((loop?.closedMs ?? 0) - (loop?.openedMs ?? 0)).toBeGreaterThan(500);
  expect(loop?.closedMs).toBeLessThan(Date.now());
  // Nobody is woken for what is over: it is told once, as over.
  const ofIngest = () => receiver.received.filter(({ data }) => data.incident["service"] === "ingest");
  await until("the notice", () => ofIngest().length > 0);
  // The same message may come twice (docs/webhooks.md): by its id it is one.
  expect([...new Map(ofIngest().map(({ id, type }) => [id, type])).values()]).toEqual(["incident.closed"]);
  // The storm was counted, and the journal has every number.
  const events = host.run(["events", "--lines", "all", "--json"]).trim().split("\n");
  // One that ended before it was seen to run has no exit of its own, but a restart.
  const restarts = events.filter((line) => JSON.parse(line).event.kind === "restart");
  expect(restarts.length).toBeGreaterThan(60);
});
