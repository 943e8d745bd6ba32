/** mulberry32: a small generator of random numbers in [0, 1), the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of several, by such a generator. */
export function oneOf<T>(of: readonly T[], random: () => number): T {
  const one = of[Math.floor(random() * of.length)];
  if (one === undefined) throw new Error("one of none");
  return one;
}

/** The seed of a walk: said, so that it can be walked again with WALK_SEED. */
export function walkSeed(): number {
  const seed = Number(process.env["WALK_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`the walk's seed: WALK_SEED=${seed}`);
  return seed;
}
