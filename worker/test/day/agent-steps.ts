import { env } from "cloudflare:workers";
import { informFleet } from "../../src/fleet/fleet-for.ts";
import { Records } from "../../src/tenancy/records.ts";
import { beatsOf, connectionsOf, triesOf } from "./connections.ts";
import { eventsOf } from "./happenings.ts";
import type { Script } from "./script.ts";
import type { SimulatedAgent } from "./simulated-agent.ts";

/** One thing that happens at a moment; those of smaller rank first. */
export interface Step {
  atMs: number;
  rank: number;
  /** Which Fleet has something to do by it. */
  fleet: number | null;
  run: () => Promise<void>;
}

/** All that one agent does in the day. `fault` hears what is not as it should be. */
export function stepsOf(
  agent: SimulatedAgent,
  script: Script,
  { dayMs, fault }: { dayMs: number; fault: (text: string) => void },
): Step[] {
  const { fleet, revokedMs } = agent.script;
  const connections = connectionsOf(agent.script, script);
  const steps: Step[] = connections.flatMap((connection) => {
    const connect: Step = { atMs: connection.helloMs, rank: 3, fleet, run: () => agent.connect(connection) };
    const rank = connection.end === "bye" ? 5 : 1;
    const end: Step = { atMs: connection.endMs, rank, fleet, run: () => agent.end(connection.end) };
    return connection.end === "day" || connection.end === "revoked" ? [connect] : [connect, end];
  });
  const write = eventsOf(agent.script, connections, script).map(({ atMs, make }): Step => ({
    ...{ atMs, rank: 2, fleet: null },
    run: async () => void agent.journal.push(make(agent.journal.length + 1, dayMs + atMs)),
  }));
  const tells = [...new Set(write.map(({ atMs }) => atMs))].map((atMs): Step => ({
    ...{ atMs, rank: 4, fleet },
    run: async () => (agent.connection === null ? undefined : agent.tell()),
  }));
  const beats = agent.script.speaks === "socket" ? [] : connections.flatMap((each) => beatsOf(agent.script, each));
  const posts = beats.map((atMs): Step => ({ atMs, rank: 4, fleet, run: () => agent.beat() }));
  const clones = triesOf(agent.script, connections, script).map((atMs): Step => ({
    ...{ atMs, rank: 5, fleet },
    run: async () => {
      const answer = await agent.clone();
      if (answer !== "in-use-elsewhere") fault(`a second ${agent.script.name} was answered ${answer}`);
    },
  }));
  const revoked: Step[] = revokedMs === null ? [] : [{ atMs: revokedMs, rank: 5, fleet, run: () => revoke(agent) }];
  return [...steps, ...write, ...tells, ...posts, ...clones, ...revoked];
}

async function revoke(agent: SimulatedAgent): Promise<void> {
  agent.connection = null;
  const { organizationId, id } = agent.host;
  const by = { kind: "system", id: "day", name: "the day" } as const;
  await new Records(env.DB, organizationId).revokeHost(id, by, Date.now());
  await informFleet(env, organizationId, id, (fleet) => fleet.revoke(id, null, organizationId));
}
