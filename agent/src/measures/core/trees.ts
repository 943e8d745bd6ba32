/** What tells whose a process is. */
export interface Seen {
  pid: number;
  parent: number;
  session: number;
  /** The mark of the agent that started it or an ancestor of it; null for none. */
  mark: string | null;
}

/** A service whose processes are looked for. */
export interface Root {
  name: string;
  pid: number;
  /** What the marks of its processes begin with. */
  mark: string;
}

/**
 * The processes of each service: those that carry its mark, its first process's session, and all that these started. What carries
 * another mark is somebody else's, whoever started it. The same rule as Members', for all services in one pass.
 */
export function treesOf<P extends Seen>(processes: readonly P[], roots: readonly Root[]): Map<string, P[]> {
  const byMark = new Map(roots.map((root) => [root.mark, root.name]));
  const byPid = new Map(roots.map((root) => [root.pid, root.name]));
  const all = new Map(processes.map((process) => [process.pid, process]));
  const owners = new Map<number, string | null>();
  const ownerOf = (process: P, depth: number): string | null => {
    const known = owners.get(process.pid);
    if (known !== undefined) return known;
    const own = ownOwner(process, byMark, byPid);
    const parent = all.get(process.parent);
    // A circle cannot be, but for a pid that was given away while we looked.
    const owner = own !== undefined ? own : parent === undefined || depth > 1000 ? null : ownerOf(parent, depth + 1);
    owners.set(process.pid, owner);
    return owner;
  };
  const trees = new Map<string, P[]>(roots.map(({ name }) => [name, []]));
  for (const process of processes) {
    const owner = ownerOf(process, 0);
    if (owner !== null) trees.get(owner)?.push(process);
  }
  return trees;
}

/** Whose it is by what it carries itself; undefined where only its parent can tell. */
function ownOwner(
  { pid, session, mark }: Seen,
  byMark: ReadonlyMap<string, string>,
  byPid: ReadonlyMap<number, string>,
): string | null | undefined {
  const main = byPid.get(pid);
  if (main !== undefined) return main;
  if (mark !== null) return byMark.get(mark.slice(0, mark.lastIndexOf(":"))) ?? null;
  return byPid.get(session);
}
