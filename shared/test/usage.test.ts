import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measuresOf, type ProcessUse, usedMs } from "../src/core/usage.ts";

const MB = 1024 * 1024;

function process(pid: number, said: Partial<ProcessUse> = {}): ProcessUse {
  return {
    ...{ pid, startTicks: pid * 10, isDead: false, ownMs: 0, endedMs: 0, residentBytes: 50 * MB, sharedBytes: 40 * MB },
    ...{ threads: 1, openFiles: 20 },
    ...said,
  };
}

const look = (processes: ProcessUse[], monotonicMs = 0, owedMs = 0) => ({ monotonicMs, processes, owedMs });

describe("processor time between two looks", () => {
  it.each([
    ["one that runs on", [process(1, { ownMs: 100 })], [process(1, { ownMs: 350 })], 250],
    ["one that is idle", [process(1, { ownMs: 100 })], [process(1, { ownMs: 100 })], 0],
    ["a newcomer counts whole", [process(1)], [process(1), process(2, { ownMs: 70 })], 70],
    [
      "a child that ended is in its parent's time, and what was seen of it before is not counted twice",
      [process(1, { ownMs: 10 }), process(2, { ownMs: 400 })],
      [process(1, { ownMs: 10, endedMs: 430 })],
      30,
    ],
    ["a child that came and ended in between is in its parent's time", [process(1)], [process(1, { endedMs: 90 })], 90],
    ["a child that nobody waited for takes nothing away", [process(1), process(2, { ownMs: 400 })], [process(1)], 0],
    [
      "another start of the service begins anew",
      [process(1, { ownMs: 5000, endedMs: 900 })],
      [process(7, { ownMs: 20 })],
      20,
    ],
    [
      "a pid that was given away is another process",
      [process(1, { ownMs: 500 })],
      [process(1, { startTicks: 99, ownMs: 30 })],
      30,
    ],
    ["nobody is left", [process(1, { ownMs: 500 })], [], 0],
  ])("%s", (_what, before, now, used) => {
    expect(usedMs(look(before), now).usedMs).toBe(used);
  });

  it("one that ended while its tree was read is not counted twice when it is in its parent's time", () => {
    const first = look([process(1), process(2, { ownMs: 400 })]);
    // Its parent had been read before it was waited for, and it was gone when its turn came.
    const between = usedMs(first, [process(1)]);
    expect(between).toEqual({ usedMs: 0, owedMs: 400 });
    const after = usedMs(look([process(1)], 0, between.owedMs), [process(1, { endedMs: 430 })]);
    expect(after).toEqual({ usedMs: 30, owedMs: 0 });
  });

  it("what nobody ever waited for is owed for one look only, and takes nothing away from others later", () => {
    const first = usedMs(look([process(1), process(2, { ownMs: 400 })]), [process(1)]);
    const second = usedMs(look([process(1)], 0, first.owedMs), [process(1)]);
    expect(second.owedMs).toBe(0);
    expect(usedMs(look([process(1)], 0, second.owedMs), [process(1, { endedMs: 90 })]).usedMs).toBe(90);
  });

  /** A tree in which processes work, start others, and end, waited for or not. */
  const deeds = fc.array(
    fc.record({
      deed: fc.constantFrom("work", "start", "die", "end", "vanish", "look"),
      who: fc.nat(20),
      ms: fc.integer({ min: 0, max: 1000 }),
    }),
    { maxLength: 80 },
  );

  it("is never negative, never more than what was worked, and all of it where every end was waited for", () => {
    fc.assert(
      fc.property(deeds, fc.boolean(), (all, mayVanish) => {
        let tree = [process(1)];
        const parents = new Map<number, number>();
        let looked = look(structuredClone(tree));
        let worked = 0;
        let counted = 0;
        let nextPid = 2;
        const lookAgain = () => {
          const used = usedMs(looked, tree);
          expect(used.usedMs).toBeGreaterThanOrEqual(0);
          counted += used.usedMs;
          expect(counted).toBeLessThanOrEqual(worked);
          looked = look(structuredClone(tree), 0, used.owedMs);
        };
        for (const { deed, who, ms } of all) {
          const one = tree[who % tree.length];
          if (one === undefined) continue;
          if (deed === "work" && !one.isDead) {
            one.ownMs += ms;
            worked += ms;
          }
          if (deed === "start" && !one.isDead) {
            parents.set(nextPid, one.pid);
            tree.push(process(nextPid++));
          }
          if (deed === "look") lookAgain();
          const parent = tree.find(({ pid }) => pid === parents.get(one.pid));
          const isLeaf = ![...parents].some(([child, of]) => of === one.pid && tree.some(({ pid }) => pid === child));
          if (parent === undefined || !isLeaf) continue;
          // A zombie keeps its time until its parent waits for it.
          if (deed === "die") one.isDead = true;
          if (deed === "end") parent.endedMs += one.ownMs + one.endedMs;
          if (deed === "end" || (deed === "vanish" && mayVanish)) tree = tree.filter((each) => each !== one);
        }
        lookAgain();
        if (!mayVanish) expect(counted).toBe(worked);
      }),
    );
  });
});

describe("what a service uses", () => {
  const at = (monotonicMs: number, ...processes: ProcessUse[]) => look(processes, monotonicMs);
  const measured = (before: ReturnType<typeof at> | null, now: ReturnType<typeof at>) =>
    measuresOf(before, now, usedMs(before ?? at(0), now.processes).usedMs, 5);

  it("its rate is processor time over time: half a core, and three cores", () => {
    const before = at(1000, process(1, { ownMs: 100 }));
    expect(measured(before, at(3000, process(1, { ownMs: 1100 })))?.cpu).toBe(0.5);
    expect(measured(before, at(2000, process(1, { ownMs: 3100 })))?.cpu).toBe(3);
  });

  it("the first look, and the first after it was away, tell no rate; one that is not known is never 0", () => {
    expect(measured(null, at(1000, process(1, { ownMs: 100 })))).toMatchObject({ cpu: null, cpuOverMs: null });
    expect(measured(at(0), at(1000, process(1, { ownMs: 100 })))).toMatchObject({ cpu: null, cpuOverMs: null });
    expect(measured(at(1000, process(1)), at(1000, process(1)))?.cpu).toBeNull();
    expect(measured(at(0, process(1)), at(1000))).toBeNull();
  });

  it("memory of one process is what ps shows; of several, what they share counts once", () => {
    expect(measured(null, at(0, process(1)))?.memoryBytes).toBe(50 * MB);
    const small = process(3, { residentBytes: 2 * MB, sharedBytes: MB });
    expect(measured(null, at(0, process(1), process(2), small))?.memoryBytes).toBe(61 * MB);
  });

  it("what ended and was not waited for yet uses nothing any more, and is no process that is counted", () => {
    const dead = process(2, { isDead: true, openFiles: null, residentBytes: null, sharedBytes: null, ownMs: 40 });
    const measures = measured(at(0, process(1)), at(1000, process(1), dead));
    expect(measures).toMatchObject({ processes: 1, openFiles: 20, cpu: 0.04 });
    expect(measured(null, at(0, dead))).toBeNull();
  });

  it("a sum of which a part may not be looked at is not known", () => {
    const hidden = process(2, { openFiles: null, residentBytes: null, sharedBytes: null });
    const measures = measured(null, at(0, process(1, { threads: 7 }), hidden));
    expect(measures).toMatchObject({ openFiles: null, memoryBytes: null, threads: 8, processes: 2 });
  });
});
