import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";
import { oneOf, randomFrom, walkSeed } from "./random.ts";

/** A configuration that changes in every way again and again, beside everything else that happens to a host. */

let host: Host;
afterEach(() => host.end());

const NAMES = ["a", "b", "c", "d", "e"];
const STEPS = 20;

/** What stands of a service in the file: `version` is in its environment, `keep` changes in place. */
interface Entry {
  name: string;
  version: number;
  keep: number;
}

const written = (entries: readonly Entry[]) =>
  entries
    .map(({ name, version, keep }, i) => {
      const command = `[sh, -c, "trap 'sleep 0.1; exit 0' TERM; while :; do sleep 0.05; done"]`;
      return `  ${name}: { command: ${command}, env: { VERSION: ${version} }, log: { keep: ${keep} }, loop: [{ restarts: 50, within: 1m }] } # ${i}\n`;
    })
    .join("");

const versionOf = (pid: number) =>
  Number(/(?:^|\0)VERSION=(\d+)/.exec(readFileSync(`/proc/${pid}/environ`, "utf8"))?.[1]);

it("after any walk of reloads, kills, pauses and restarts, what runs is the file: each once, by its newest settings, and nobody was touched for nothing", async () => {
  const random = randomFrom(walkSeed());
  const paused = new Set<string>();
  const next = (before: readonly Entry[]): Entry[] =>
    NAMES.filter(() => random() < 0.7)
      .toSorted(() => random() - 0.5)
      .map((name) => {
        const known = before.find((entry) => entry.name === name) ?? { name, version: 1, keep: 3 };
        const turn = random();
        if (turn < 0.25) return { ...known, version: known.version + 1 };
        return turn < 0.4 ? { ...known, keep: known.keep + 1 } : known;
      });
  let entries = [...NAMES].map((name) => ({ name, version: 1, keep: 3 }));
  host = new Host(written(entries));
  let agent: ChildProcess = await host.start();

  /** Everybody who is wanted running runs by the file, once. */
  const settled = () =>
    until("what runs to be the file", async () => {
      const services = (await host.status())?.services ?? [];
      if (services.map(({ name }) => name).join() !== entries.map(({ name }) => name).join()) return false;
      const running = host.processes().filter(({ pid }) => services.some((service) => service.pid === pid));
      const wanted = entries.filter(({ name }) => !paused.has(name));
      return (
        services.every(({ name, state }) => state === (paused.has(name) ? "paused" : "up")) &&
        running.length === wanted.length &&
        wanted.every(({ name, version }) =>
          running.some((each) => each.service === name && versionOf(each.pid) === version),
        )
      );
    });

  await settled();
  for (let step = 0; step < STEPS; step++) {
    const before = new Map((await host.status())?.services.map(({ name, pid }) => [name, pid]));
    const old = entries;
    const what = oneOf(["reload", "reload", "reload", "hang up", "killed", "pause", "restart"], random);
    if (what === "pause" && entries.length > 0) {
      const { name } = oneOf(entries, random);
      await host.afloat(paused.has(name) ? "resume" : "pause", name);
      if (!paused.delete(name)) paused.add(name);
    } else if (what === "restart") await host.afloat("restart", "*");
    else {
      entries = next(old);
      host.configure(written(entries));
      for (const name of NAMES) if (!entries.some((entry) => entry.name === name)) paused.delete(name);
      if (what === "hang up") agent.kill("SIGHUP");
      else {
        const running = host.afloat("reload", "--yes");
        if (what === "killed") {
          await new Promise((resolve) => setTimeout(resolve, random() * 500));
          await host.kill(agent);
        }
        const { code, out, err } = await running;
        if (what === "reload") expect({ code, out, err }).toMatchObject({ code: 0, err: "" });
        if (what === "killed") agent = await host.start();
      }
    }
    // Killed before it was asked, it leaves what it started by the old file: that is nobody's reload, and one follows.
    if (what === "killed") {
      await host.afloat("restart", "*");
    }
    await settled();
    if (what === "pause" || what === "restart" || what === "killed") continue;
    for (const { name, version } of entries) {
      const same = old.some((entry) => entry.name === name && entry.version === version);
      if (same && !paused.has(name))
        expect((await host.service(name))?.pid, `${name} in step ${step}`).toBe(before.get(name));
    }
  }
});
