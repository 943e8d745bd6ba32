/** Runs a command and leaves its exit code; what goes wrong is told in words. */
export async function finish(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const { tellFault } = await import("../cli/fault.ts");
    process.exitCode = tellFault(error);
  }
}
