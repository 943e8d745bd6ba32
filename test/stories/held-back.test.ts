import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { breakable, breaks, mends } from "./house/breakable.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { channel, hears, pageOf, toldTo } from "./house/told.ts";
import type { Unruly } from "./house/unruly.ts";
import { until } from "./house/until.ts";

/** What people are not told of, and that its page says why: from a process that ends to a real receiver. */

let house: House;
let owner: Member;
let host: StoryHost;
let ops: Unruly;

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("cirrus");
  ops = (await channel(owner, "Ops")).receiver;
  // While it is not there at all, the agent itself starts nothing that depends on it, and counts nothing: it is there for a while each time.
  const db = breakable(["db"], 0.5);
  const api = `${breakable(["api"])}    depends_on: [db]\n`;
  host = await house.addHost("cirrus", "worker-3", `services:\n${breakable(["web"])}${db}${api}`);
});

afterAll(async () => {
  ops.close();
  await house.end();
});

const openOf = async (service: string) =>
  (await house.fleetOf(owner)).incidents.find((each) => each.service === service && each.closedMs === null);

const incidentOf = (service: string) => until(`the incident of ${service}`, () => openOf(service));

function phasesOf(service: string): string[] {
  return toldTo(ops).flatMap(({ phase, services }) => (services.includes(service) ? [phase] : []));
}

describe("what is held back", () => {
  it("is a service that fails while what it depends on does: its page says so, and of its end nobody hears either", async () => {
    await breaks(host, "db");
    await hears(ops, "opened", "db");
    await breaks(host, "api");
    const { id } = await incidentOf("api");
    const says = async () => (await pageOf(owner, id)).why.includes("something else explains it: worker-3 / db");
    await until("its page to say what explains it", says);
    mends(host, "db", "api");
    await hears(ops, "closed", "db");
    await until("the end of api's", async () => (await openOf("api")) === undefined);
    await until("its page to say that", async () => (await pageOf(owner, id)).why.includes("over before anybody"));
    expect(toldTo(ops).flatMap(({ services }) => services)).toEqual(["db", "db"]);
  });

  it("is one that goes and comes: the fourth time says so, and then nobody hears of it", async () => {
    for (let time = 1; time <= 4; time++) {
      await breaks(host, "web");
      await until("it to be told", () => phasesOf("web").filter((phase) => phase === "opened").length === time);
      mends(host, "web");
      await until("its end", async () => (await openOf("web")) === undefined);
      if (time < 4) await until("its end to be told", () => phasesOf("web").at(-1) === "closed");
    }
    expect(toldTo(ops).at(-1)?.lines.join()).toContain("It goes and comes, 4 times within");
    await breaks(host, "web");
    const { id } = await incidentOf("web");
    await until("its page to say why", async () => (await pageOf(owner, id)).why.includes("as was told already"));
    expect(phasesOf("web")).toEqual(["opened", "closed", "opened", "closed", "opened", "closed", "opened"]);
    mends(host, "web");
  });
});
