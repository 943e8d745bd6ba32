import { afterAll, beforeAll, expect, it } from "vitest";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { Receiver } from "./house/receiver.ts";
import { until } from "./house/until.ts";

let house: House;
let owner: Member;
let host: StoryHost;
const receiver = new Receiver();

// Crashes while the file `broken` is there, then stays up: one loop with a beginning and an end.
const SERVICES = `services:
  ingest:
    command: sh -c "if [ -e broken ]; then echo 'cannot open rules.json'; exit 3; fi; exec sleep 1000"
    backoff: { min: 50ms, max: 200ms, stable_after: 1s }
`;

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  const url = await receiver.listen();
  const channel = { slug: "aurora", name: "On call", url };
  receiver.secret = (await house.server.operator<{ secret: string }>("/channel", channel)).secret;
  host = await house.addHost("aurora", "worker-2", SERVICES);
  await host.see("ingest", ({ verdict }) => verdict === "healthy", "is up");
});

afterAll(async () => {
  receiver.close();
  await house.end();
});

it("a crash loop tells people once, with cause and last lines, and once when it is over", async () => {
  host.run(["pause", "ingest"]);
  host.write("broken", "");
  host.run(["resume", "ingest"], {}, "may fail");
  const opened = await until("the first message", () =>
    receiver.received.find(({ type }) => type === "incident.opened"),
  );
  const { incident, link, organization, runbook } = opened.data;
  console.log(`told ${opened.atMs - Date.parse(String(incident["openedAt"]))} ms after the fourth restart`);
  expect(incident).toMatchObject({
    kind: "restart-loop",
    title: "worker-2 / ingest is restarting in a loop",
    host: "worker-2",
    service: "ingest",
    restarts: 4,
    exit: "exited with code 3",
    causeCode: "exit-code",
    closedAt: null,
  });
  expect(incident["cause"]).toMatch(/^4 restarts in .*exits with code 3 within .* of every start$/);
  const said = ["cannot open rules.json", "(4 times)"];
  expect(incident.lastLines, "what it said at each start is said once").toEqual(said);
  expect(organization.slug).toBe("aurora");
  expect(link).toContain(`${house.server.url}/app/incident/`);
  expect(runbook).toBe(`${house.server.url}/runbook#loop-exit-code`);
  expect(await (await fetch(runbook)).text(), "what to do can be read there").toContain('id="loop-exit-code"');

  const page = await until("the public page to say so", async () => {
    const text = await (await fetch(`${house.server.url}/s/aurora`)).text();
    return text.includes("ingest is restarting in a loop") ? text : null;
  });
  expect(page, "the public does not see the private evidence").not.toContain("rules.json");

  host.remove("broken");
  const closed = await until("the last message", () =>
    receiver.received.find(({ type }) => type === "incident.closed"),
  );
  expect(closed.data.incident).toMatchObject({ kind: "restart-loop", service: "ingest" });
  expect(closed.data.incident["closedAt"]).not.toBeNull();
  await until("the public page to be well again", async () =>
    (await (await fetch(`${house.server.url}/s/aurora`)).text()).includes("Everything is afloat"),
  );

  expect(receiver.received.map(({ type }) => type)).toEqual(["incident.opened", "incident.closed"]);
  expect(receiver.forged).toBe(0);
  await until("the page to say that it was heard, and of what", async () => {
    const page = await (await owner.get("/app/channels")).text();
    return ["it began", "it is over"].every((phase) =>
      new RegExp(`is restarting in a loop<small>[^<]+: ${phase} · heard · <`).test(page),
    );
  });
});
