import { basename, relative } from "node:path";
import { same } from "@afloat/shared/core/same";
import type { FollowSpec, ScheduleSpec, ServiceSpec } from "@afloat/shared/spec";
import { messageOf } from "../error-words.ts";

/** Tells that a planned restart is due, and why. */
type Due = (by: "schedule" | "change", why: string) => void;

/** Folders that change all the time and are never meant. */
const NEVER_MEANT = new Set([".git", ".hg", ".svn", "node_modules", "__pycache__"]);

/**
 * Watches the clock and the files that a service's configuration names. What few services need is only loaded for them. What
 * was due while no agent ran is not made up for.
 */
export class Planner {
  #spec: ServiceSpec;
  readonly #stateDir: string;
  readonly #due: Due;
  readonly #say: (text: string) => void;
  #ends: (() => void)[] = [];
  /** Counts the openings: what an earlier one still brings is ended at once. */
  #opened = 0;

  constructor(spec: ServiceSpec, stateDir: string, due: Due, say: (text: string) => void) {
    this.#spec = spec;
    this.#stateDir = stateDir;
    this.#due = due;
    this.#say = say;
  }

  open(): void {
    const { name, schedule, follow, cwd } = this.#spec;
    const opened = ++this.#opened;
    const say = (text: string) => this.#say(`${name}: ${text}`);
    const open = async () => {
      if (schedule !== null) this.#own(opened, await waitForTime(schedule, this.#due));
      if (follow !== null)
        this.#own(opened, await followFiles(follow, { stateDir: this.#stateDir, cwd }, this.#due, say));
    };
    open().catch((error: unknown) => say(`its planned restarts cannot be waited for: ${messageOf(error)}`));
  }

  /** From now on by this definition. What is waited for already goes on unless it is another thing now. */
  edit(spec: ServiceSpec): void {
    const before = this.#spec;
    this.#spec = spec;
    if (same([before.schedule, before.follow], [spec.schedule, spec.follow])) return;
    this.close();
    this.open();
  }

  close(): void {
    this.#opened++;
    for (const end of this.#ends.splice(0)) end();
  }

  #own(opened: number, end: () => void): void {
    if (opened !== this.#opened) end();
    else this.#ends.push(end);
  }
}

async function waitForTime({ cron, timezone }: ScheduleSpec, due: Due): Promise<() => void> {
  const { Cron } = await import("croner");
  const options = { mode: "5-part" as const, ...(timezone === null ? {} : { timezone }) };
  const job = new Cron(cron, options, () =>
    due("schedule", `planned at ${cron}${timezone === null ? "" : ` ${timezone}`}`),
  );
  return () => job.stop();
}

async function followFiles(
  { paths, ignore, debounceMs }: FollowSpec,
  { stateDir, cwd }: { stateDir: string; cwd: string },
  due: Due,
  say: (text: string) => void,
): Promise<() => void> {
  const [{ watch }, { default: match }] = await Promise.all([import("chokidar"), import("picomatch")]);
  const isIgnored = match(ignore, { dot: true });
  const ignored = (path: string) => {
    if (NEVER_MEANT.has(basename(path)) || path === stateDir) return true;
    return isIgnored(basename(path)) || paths.some((root) => isIgnored(relative(root, path)));
  };
  const watcher = watch(paths, { ignored, ignoreInitial: true });
  let timer: NodeJS.Timeout | undefined;
  let first: string | null = null;
  const tell = () => {
    due("change", `${first ?? "a file"} changed`);
    first = null;
  };
  watcher.on("all", (_kind, path) => {
    first ??= relative(cwd, path);
    clearTimeout(timer);
    timer = setTimeout(tell, debounceMs);
  });
  watcher.on("error", (error) => say(`its files cannot be followed: ${messageOf(error)}`));
  return () => {
    clearTimeout(timer);
    void watcher.close();
  };
}
