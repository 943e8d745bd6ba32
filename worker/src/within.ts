/** What is asked of somebody else, and waited for no longer than this; rejects where it takes longer. */
export async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  // Nothing waits for longer than the answer: a Fleet that waits is awake.
  const done = new AbortController();
  const late = scheduler.wait(ms, { signal: done.signal }).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    done.abort();
  }
}
