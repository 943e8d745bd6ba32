/** Calls `look` again and again, until the user leaves with Ctrl-C or whoever reads us has left (`… -f | head`). */
export async function untilLeft(look: () => void, everyMs: number): Promise<void> {
  const timer = setInterval(look, everyMs);
  await new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
    process.stdout.once("error", resolve);
  });
  clearInterval(timer);
}
