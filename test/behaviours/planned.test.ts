import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";

/** Restarts that the configuration plans, because files change: behaviour 61. By the clock: agent/test/schedule.test.ts. */

let host: Host;
afterEach(() => host.end());

const write = (path: string, text: string) => writeFileSync(join(host.dir, path), text);
const plannedOf = (name: string) =>
  [...host.log().matchAll(new RegExp(`${name}: restart \\((.* changed)\\)`, "g"))].map(([, why]) => why);

/** The watch begins a moment after the start: changes are made until the first is seen. */
async function changeUntilSeen(path: string, service: string): Promise<void> {
  let i = 0;
  await until(`a restart of ${service} for ${path}`, async () => {
    if (i++ % 40 === 0) write(path, `change ${i}`);
    return plannedOf(service).length > 0;
  });
}

it("a changed file restarts, many changes at once restart once, and what is ignored does not", async () => {
  host = new Host(
    `  web: { command: sleep 49501, restart_on_change: { paths: [src, app.conf], ignore: ["*.log", "build/**"], debounce: 300ms } }\n`,
  );
  for (const dir of ["src", "src/build", "src/node_modules"]) mkdirSync(join(host.dir, dir));
  await host.start();
  const first = await host.pidOf("web");
  await changeUntilSeen("src/app.js", "web");
  expect(plannedOf("web")[0]).toBe("src/app.js changed");
  await host.see("web", ({ pid, state }) => state === "up" && pid !== first, "restarted");
  // Restarted for the last of the changes above, too.
  await wait(1000);
  const before = await host.pidOf("web");
  const count = plannedOf("web").length;
  for (const ignored of ["src/web.log", "src/build/out.js", "src/node_modules/x.js", "other.js"]) write(ignored, "x");
  await wait(1000);
  expect(await host.pidOf("web")).toBe(before);
  for (let i = 0; i < 20; i++) write(`src/${i}.js`, "x");
  write("app.conf", "x");
  await until("one restart more", () => plannedOf("web").length > count);
  await wait(1000);
  expect(plannedOf("web")).toHaveLength(count + 1);
  expect(await host.service("web")).toMatchObject({ restarts: count + 1, loop: null });
});

it("a change starts nothing that a person paused, and starts at once what waits in backoff", async () => {
  host = new Host(`  paused: { command: sleep 49502, restart_on_change: src }
  broken: { command: [sh, -c, "[ -e src/well ] && exec sleep 49503; exit 3"], restart_on_change: src, backoff: { min: 1h, max: 2h } }
`);
  mkdirSync(join(host.dir, "src"));
  await host.start();
  await host.see("broken", ({ state }) => state === "backoff", "in backoff");
  await host.afloat("pause", "paused");
  await changeUntilSeen("src/well", "broken");
  await host.pidOf("broken");
  expect(await host.service("paused")).toMatchObject({ state: "paused", desired: "pause", restarts: 0 });
});

it("a service that writes into the folder it is followed for is not restarted for ever, and that is told", async () => {
  host = new Host(
    `  web: { command: [sh, -c, "while :; do date > src/stamp; sleep 0.2; done"], restart_on_change: { paths: src, debounce: 50ms } }\n`,
  );
  mkdirSync(join(host.dir, "src"));
  await host.start();
  await until("it to be told", () => host.log().includes("they are followed no more until it is restarted by hand"));
  const { restarts, pid } = await host.see("web", ({ state }) => state === "up", "up");
  await wait(2000);
  expect(await host.service("web")).toMatchObject({ restarts, pid, loop: null });
});
