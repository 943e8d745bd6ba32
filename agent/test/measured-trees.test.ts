import { expect, it } from "vitest";
import { type Seen, treesOf } from "../src/measures/core/trees.ts";

const roots = [
  { name: "web", pid: 100, mark: "s1:web" },
  { name: "db", pid: 200, mark: "s1:db" },
];
const seen = (pid: number, parent: number, session: number, mark: string | null = null): Seen => ({
  pid,
  parent,
  session,
  mark,
});
const ofWeb = (...all: Seen[]) =>
  treesOf([seen(100, 7, 100, "s1:web:1"), ...all], roots)
    .get("web")
    ?.map(({ pid }) => pid);

it.each([
  ["a child", [seen(101, 100, 100, "s1:web:1")], [100, 101]],
  [
    "a grandchild that threw its environment and its session away",
    [seen(101, 100, 100), seen(102, 101, 102)],
    [100, 101, 102],
  ],
  ["one that nobody is parent of any more, by its session", [seen(101, 1, 100)], [100, 101]],
  ["one that left session and parent, by its mark", [seen(101, 1, 101, "s1:web:1")], [100, 101]],
  ["not the agent that is its parent, nor what that started otherwise", [seen(7, 1, 7), seen(8, 7, 7)], [100]],
  [
    "not what another agent within the service started",
    [seen(101, 100, 100, "s2:inner:1"), seen(102, 101, 102)],
    [100],
  ],
  ["not another service of a like name", [seen(101, 1, 101, "s1:web2:1")], [100]],
  ["a child that is listed before its parent", [seen(50, 101, 50), seen(101, 100, 100)], [100, 50, 101]],
])("to a service belongs %s", (_what, others, pids) => {
  expect(ofWeb(...others)).toEqual(pids);
});

it("each is of one service at most, and a service of which nobody is there has none", () => {
  const trees = treesOf([seen(100, 1, 100), seen(101, 100, 101)], roots);
  expect(trees.get("web")).toHaveLength(2);
  expect(trees.get("db")).toEqual([]);
});

it("a circle, as a pid that was given away while we looked would make one, ends", () => {
  expect(treesOf([seen(5, 6, 5), seen(6, 5, 6)], roots).get("web")).toEqual([]);
});
