import { commandOf, type Found, type Proposal, proposal } from "./found.ts";
import type { Listening } from "./proposal-text.ts";

/** A process that listens, with the words that it was called with. */
export interface Running extends Listening {
  words: string[];
}

/** What listens in a folder, and is therefore of one of its services: that port is known. */
export interface Matched {
  services: Proposal[];
  /** Index of the service, and who listens for it. */
  matches: { service: number; running: Running }[];
  others: Running[];
}

/**
 * Whose is what listens? Where one service is proposed in a folder (or one of them with this very command) and one
 * process that runs in that folder listens, it is that one. In a folder
 * of this configuration without a proposal the process itself is proposed. `dirOf` makes a folder absolute; `root` is that of the configuration.
 */
export function matched(
  found: Found,
  running: readonly Running[],
  root: string,
  dirOf: (dir: string) => string,
): Matched {
  const services = [...found.services];
  const matches: Matched["matches"] = [];
  const others: Running[] = [];
  for (const dir of new Set(running.map((each) => each.dir))) {
    const inDir = running.filter((each) => each.dir === dir);
    const here = found.services.flatMap((service, i) => (dirOf(service.dir) === dir ? [i] : []));
    const [first, ...more] = inDir;
    if (first === undefined) continue;
    const [only, ...rest] = here.length > 1 ? here.filter((i) => says(services[i], first)) : here;
    const isOne = more.every(({ pid }) => pid === first.pid);
    if (only !== undefined && rest.length === 0 && isOne)
      matches.push({ service: only, running: portOf(services[only], inDir) });
    else if (here.length === 0 && isWithin(dir, root) && isOne && first.words.length > 0) {
      services.push(proposalOf(first, dir, root));
      matches.push({ service: services.length - 1, running: first });
    } else others.push(...inDir);
  }
  return { services, matches, others };
}

/** Its command, or the script that it runs, is the very command of the process. */
function says(service: Proposal | undefined, { command }: Running): boolean {
  const lines = service === undefined ? [] : [[service.command].flat().join(" "), ...service.notes];
  return command !== "" && lines.some((line) => line === command || line === `its script: ${command}`);
}

/** Of the ports of one process, the one that was said, or the first. */
function portOf(service: Proposal | undefined, [first, ...more]: Running[]): Running {
  const said = [first, ...more].find((each) => each?.port === service?.port) ?? first;
  if (said === undefined) throw new Error("a group has at least one");
  return said;
}

function proposalOf(running: Running, dir: string, root: string): Proposal {
  const script = running.words.find((word, i) => i > 0 && !word.startsWith("-")) ?? running.words[0] ?? "app";
  const name = (script.split("/").at(-1) ?? script).replace(/\.\w+$/, "");
  const notes = [`it runs already, as pid ${running.pid}: end that one before afloat up`];
  const from = "what listens here";
  return proposal(name, commandOf(running.words), from, { dir: dir === root ? "." : dir, port: running.port, notes });
}

const isWithin = (dir: string, root: string) => root !== "/" && (dir === root || dir.startsWith(`${root}/`));
