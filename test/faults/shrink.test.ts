import { expect, it } from "vitest";
import { shrink } from "./shrink.ts";

const numbers = Array.from({ length: 60 }, (_, i) => i);

it("a sequence that fails is shrunk to the steps that make it fail", async () => {
  const fails = async (steps: readonly number[]) => [7, 31, 32].every((step) => steps.includes(step));
  expect(await shrink(numbers, fails, 1_000)).toEqual([7, 31, 32]);
});

it("it is not tried more often than it may be, and what it comes to still fails", async () => {
  let tries = 0;
  const fails = async (steps: readonly number[]) => {
    tries++;
    return steps.includes(42);
  };
  const shorter = await shrink(numbers, fails, 3);
  expect(tries).toBe(3);
  expect(shorter).toContain(42);
  expect(shorter.length).toBeLessThan(20);
});

it("what fails only as a whole stays whole", async () => {
  expect(await shrink(numbers, async (steps) => steps.length === 60, 500)).toEqual(numbers);
});
