import * as v from "valibot";
import { expect, it } from "vitest";
import { afloatYaml } from "../src/config.ts";
import { limitFault, processOf } from "../src/config/process.ts";

const accepts = (settings: object) =>
  v.safeParse(afloatYaml, { services: { web: { command: "x", ...settings } } }).success;

it("nothing said is nothing done", () => {
  expect(processOf({})).toBeNull();
  expect(processOf({ limits: {} })).toBeNull();
});

it("a number is the soft and the hard limit; each may be said by name; sizes and times are counted as the kernel does", () => {
  expect(
    processOf({
      limits: { nofile: 4096, nproc: { hard: 10 }, memory: "512MB", cpu: { soft: "1500ms", hard: "unlimited" } },
    }),
  ).toEqual({
    nice: null,
    umask: null,
    oomScoreAdj: null,
    limits: [
      { name: "nofile", option: "nofile", soft: 4096, hard: 4096 },
      { name: "nproc", option: "nproc", soft: null, hard: 10 },
      { name: "memory", option: "as", soft: 536_870_912, hard: 536_870_912 },
      { name: "cpu", option: "cpu", soft: 2, hard: "unlimited" },
    ],
  });
});

it("a soft limit above its hard one cannot be meant", () => {
  expect(limitFault({ limits: { nofile: { soft: 5, hard: 4 } } })).toContain(
    "soft limit of nofile (5) above the hard one (4)",
  );
  expect(limitFault({ limits: { nofile: { soft: "unlimited", hard: 4 } } })).toContain("unlimited");
  expect(limitFault({ limits: { nofile: { soft: 4, hard: 4 }, nproc: { soft: 9 }, core: "unlimited" } })).toBeNull();
});

it.each([
  [{ nice: -20 }, true],
  [{ nice: -21 }, false],
  [{ nice: 19 }, true],
  [{ nice: 20 }, false],
  [{ nice: 1.5 }, false],
  [{ umask: "022" }, true],
  [{ umask: "0027" }, true],
  [{ umask: 22 }, false],
  [{ umask: "888" }, false],
  [{ umask: "22; reboot" }, false],
  [{ oom_score_adj: -1000 }, true],
  [{ oom_score_adj: 1001 }, false],
  [{ limits: { nofile: -1 } }, false],
  [{ limits: { nofile: "512MB" } }, false],
  [{ limits: { memory: "512MB" } }, true],
  [{ limits: { memory: "lots" } }, false],
  [{ limits: { core: 0 } }, true],
  [{ limits: { cpu: 10 } }, false],
  [{ limits: { cpu: "10s" } }, true],
  [{ limits: { nofile: {} } }, false],
  [{ limits: { nofiles: 1 } }, false],
])("%j is accepted: %s", (settings, is) => expect(accepts(settings)).toBe(is));
