import type { StoryHost } from "./host.ts";

/** Services that end while the file `broken-NAME` is there, at once or after some seconds, else stay up. */
export function breakable(names: readonly string[], after = 0): string {
  const services = names.map(
    (name) => `  ${name}:
    command: sh -c "if [ -e broken-${name} ]; then sleep ${after}; echo 'cannot open rules.json'; exit 3; fi; exec sleep 1000"
    backoff: { min: 50ms, max: 200ms, stable_after: 1s }
`,
  );
  return services.join("");
}

/** Services that nothing starts again once they ended. */
export function mortal(names: readonly string[]): string {
  return names.map((name) => `  ${name}:\n    command: sleep 1000\n    restart: never\n`).join("");
}

export async function breaks(host: StoryHost, ...names: string[]): Promise<void> {
  for (const name of names) await host.see(name, ({ verdict }) => verdict === "healthy", "is up");
  for (const name of names) host.write(`broken-${name}`, "");
  kills(host, ...names);
}

/** Their processes are killed, one right after the other. */
export function kills(host: StoryHost, ...names: string[]): void {
  const pids = new Map(host.services().map(({ name, pid }) => [name, pid]));
  for (const name of names) {
    const pid = pids.get(name);
    // 0 would be everybody of ours.
    if (pid === undefined || pid === null || pid === 0) throw new Error(`expected ${name} to run`);
    process.kill(pid, "SIGKILL");
  }
}

export function mends(host: StoryHost, ...names: string[]): void {
  for (const name of names) host.remove(`broken-${name}`);
}
