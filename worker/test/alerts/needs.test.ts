import { expect, test } from "vitest";
import { needsOf } from "../../src/alerts/core/needs.ts";

const needs = new Map([
  ["web", ["api", "cache"]],
  ["api", ["db"]],
  ["x", ["y"]],
  ["y", ["x"]],
]);

test("what a service depends on is followed to the end, and a circle ends", () => {
  expect(needsOf("web", needs)).toEqual(["api", "cache", "db"]);
  expect(needsOf("x", needs)).toEqual(["y"]);
  expect(needsOf("db", needs)).toEqual([]);
});
