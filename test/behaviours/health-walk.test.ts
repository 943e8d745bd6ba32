import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { claimPorts } from "../claim-ports.ts";
import { Actor } from "./actor.ts";
import { Host } from "./host.ts";
import { oneOf, randomFrom, walkSeed } from "./random.ts";

/** The laws of health over random moods of real services, with real agents that are killed in between. */

const ANSWERS = ["200", "204", "404", "500", "hang", "drop", "garbage"];
const BAD = ["404", "500", "hang", "drop", "garbage"];

/** Who is who: its moods, how far its check may go, and whether it may ever be restarted for its health. */
const CAST: Record<string, { moods: string[]; restartOn: string; first: string; mayRestart: boolean }> = {
  // Law 4: it always listens.
  listens: { moods: ANSWERS, restartOn: "closed", first: "200", mayRestart: false },
  // Law 3: nothing that never answered restarts anything.
  unproven: { moods: BAD, restartOn: "failing", first: "404", mayRestart: false },
  // It never opened its port.
  shut: { moods: ["close"], restartOn: "failing", first: "close", mayRestart: false },
  closes: { moods: ["200", "close", "500"], restartOn: "closed", first: "200", mayRestart: true },
  hangs: { moods: ["200", "500", "hang"], restartOn: "hung", first: "200", mayRestart: true },
  fails: { moods: ANSWERS, restartOn: "failing", first: "200", mayRestart: true },
  // Law 9: it fails while what it needs comes and goes.
  needs: { moods: ANSWERS, restartOn: "closed", first: "200", mayRestart: false },
};

let host: Host;
afterEach(() => host.end());

it("a random walk of moods: who may not be restarted for its health never is, and only a person's pause pauses", async () => {
  const random = randomFrom(walkSeed());
  host = new Host("");
  const port = await claimPorts();
  const health = (on: string) =>
    `health: { http: /, interval: 100ms, timeout: 150ms, start_period: 300ms, restart_on: ${on} }`;
  const actors = Object.entries(CAST).map(([name, part], i) => {
    const actor = new Actor(host, name, port + i);
    actor.mood(part.first);
    return { name, part, actor, port: port + i };
  });
  const quick = "backoff: { min: 10ms, max: 100ms, stable_after: 200ms }";
  host.configure(
    actors
      .map(({ name, part, actor, port: each }) =>
        actor.entry(
          `port: ${each}, ${health(part.restartOn)}, ${quick}${name === "needs" ? ", depends_on: { closes: healthy }" : ""}`,
        ),
      )
      .join(""),
  );
  let agent = await host.start();
  for (const { name, part } of actors)
    await host.see(name, ({ verdict }) => verdict === (part.first === "200" ? "healthy" : "degraded"), "as it begins");
  const pids = new Map((await host.status())?.services.map(({ name, pid }) => [name, pid]));
  const paused = new Set<string>();
  const asked: Promise<unknown>[] = [];
  /** A start is answered when it is past starting, which a closed port puts off: that it was heard is enough. */
  const ask = async (verb: "pause" | "resume", name: string) => {
    asked.push(host.afloat(verb, name));
    await host.see(name, ({ desired }) => desired === (verb === "pause" ? "pause" : "run"), `told to ${verb}`);
  };
  const trail: string[] = [];
  const look = (services: readonly ServiceSnapshot[]) => {
    for (const { name, part } of actors) {
      const seen = services.find((service) => service.name === name);
      expect(seen?.desired, `${name} after ${trail.slice(-20).join(", ")}`).toBe(paused.has(name) ? "pause" : "run");
      if (!part.mayRestart)
        expect(seen, `${name} after ${trail.slice(-20).join(", ")}`).toMatchObject({
          restarts: 0,
          pid: pids.get(name),
        });
    }
  };
  for (const endMs = performance.now() + 20_000; performance.now() < endMs;) {
    const { actor, name, part } = oneOf(actors, random);
    const dice = random();
    if (dice < 0.04) {
      trail.push("kill -9 the agent");
      await host.kill(agent);
      agent = await host.start();
    } else if (dice < 0.08) {
      const verb = paused.has("closes") ? "resume" : "pause";
      trail.push(`${verb} closes`);
      await ask(verb, "closes");
      if (verb === "pause") paused.add("closes");
      else paused.delete("closes");
    } else {
      const mood = oneOf(part.moods, random);
      trail.push(`${name} ${mood}`);
      actor.mood(mood);
    }
    await wait(120 * random());
    look((await host.status())?.services ?? []);
  }
  for (const name of paused) await ask("resume", name);
  paused.clear();
  // Law 2: whatever was, each is up again once it is well.
  for (const { name, actor } of actors) {
    actor.mood("200");
    await host.see(name, ({ verdict }) => verdict === "healthy", "healthy at last");
  }
  await Promise.all(asked);
  look((await host.status())?.services ?? []);
  const log = host.log();
  for (const { name, part } of actors)
    if (!part.mayRestart) expect(log).not.toMatch(new RegExp(`: ${name}: restart|Z ${name}: restart`));
  console.log(
    `${trail.length} steps, restarts: ${["closes", "hangs", "fails"].map((name) => `${name} ${log.split(`${name}: restart (`).length - 1}`).join(", ")}`,
  );
});
