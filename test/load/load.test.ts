import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileLimitFault } from "./file-limit.ts";
import { FleetUnderLoad } from "./fleet-under-load.ts";
import { playPhase } from "./play.ts";
import type { Phase } from "./scripts.ts";
import { wrongOnPage } from "./truth.ts";

let fleet: FleetUnderLoad;

beforeAll(async () => {
  fleet = await FleetUnderLoad.build({ hosts: 200, services: 4, retryMaxMs: 1_000 });
});

afterAll(() => fleet.end());

/** It throws where page and database do not come to agree with the hosts. */
async function plays(phase: Phase): Promise<void> {
  const { lost, falseOffline } = await playPhase(fleet, phase);
  expect({ lost, falseOffline }).toEqual({ lost: [], falseOffline: [] });
}

describe("a fleet of two hundred hosts", () => {
  it("connects at once, and is shown and recorded as it is", () => plays({ kind: "connect" }));

  it("is shown as it is while services of it fail, loop, and are well again", async () => {
    await plays({ kind: "fail", share: 0.05 });
    await plays({ kind: "loop", hosts: 3 });
    await plays({ kind: "mend" });
  });

  it("what is shown and is not so would be noticed", () => {
    const [agent] = fleet.agents.slice(1);
    const [name, service] = [...(agent?.services ?? [])][0] ?? [];
    if (agent === undefined || name === undefined || service === undefined) throw new Error("expected a service");
    agent.services.set(name, { ...service, verdict: "down" });
    expect(wrongOnPage(fleet, 0)).toEqual(["host-000001/service-0 is down, and shown as healthy"]);
    agent.services.set(name, service);
  });

  it("comes back by itself after a deploy, and nobody is called offline for it", () => plays({ kind: "deploy" }));
});

it("a limit of open files that is too low is named, with what mends it", () => {
  expect(fileLimitFault(1)).toBeNull();
  expect(fileLimitFault(1e12)).toMatch(/^expected room for 1000000000200 open files.*`ulimit -n 1000000000200`/);
});
