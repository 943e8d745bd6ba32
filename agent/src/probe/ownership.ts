import { basename } from "node:path";
import type { Stranger } from "@afloat/shared/core/lifecycle-types";
import { Members } from "../process/members.ts";
import { ageMs, type Known, statOf, treeOf, wordsOf } from "../process/proc.ts";
import type { Listener } from "../process/socket-table.ts";
import { type Held, holdersOf, isHeld, socketsOf } from "../process/sockets.ts";
import { redactWords } from "../redact.ts";

/** How much of a stranger's command is shown, characters. */
const COMMAND_LIMIT = 80;
/** Looks at most until everybody is asked again, though nothing seems to have changed. */
const PATIENCE = 6;

/**
 * Whose the sockets are: those of one service's processes, of a stranger, or of nobody that we may see. To ask all processes
 * of the system is costly, so it is done only when what listens or the service's tree has changed, and now and then.
 */
export class Ownership {
  readonly #pid: number;
  readonly #mark: string;
  /** Sockets of the service's processes that left its tree. */
  #beyond: Held[] = [];
  /** Strangers by the socket; null for one that nobody is seen to hold. */
  #strangers = new Map<string, (Held & { known: Known; stranger: Stranger }) | null>();
  #asked = "";
  #patience = PATIENCE;

  constructor(pid: number, mark: string) {
    this.#pid = pid;
    this.#mark = mark;
  }

  /** The sockets of the service's own processes, by inode: all that are known, among them those of `listening`. */
  async own(listening: readonly Listener[]): Promise<Map<string, Held>> {
    const tree = treeOf(this.#pid);
    const own = new Map<string, Held>(tree.flatMap((pid) => [...socketsOf(pid)]));
    const unexplained = listening.filter(({ inode }) => !own.has(inode)).map(({ inode }) => inode);
    if (unexplained.length === 0 && listening.length > 0) return own;
    const asked = unexplained.length === 0 ? "" : `${tree.join()};${unexplained.join()}`;
    if (asked !== this.#asked || --this.#patience <= 0) {
      [this.#asked, this.#patience] = [asked, PATIENCE];
      this.#strangers.clear();
      const members = await new Members({ pid: this.#pid, startTicks: null }, this.#mark).find();
      this.#beyond = members.flatMap(({ pid }) => [...socketsOf(pid).values()]);
    }
    for (const held of this.#beyond) if (isHeld(held)) own.set(held.inode, held);
    return own;
  }

  /** Who holds these sockets of others: by inode, without those that nobody is seen to hold. */
  strangers(listening: readonly Listener[], nowMs: number): Map<string, Stranger> {
    const unknown = new Set<string>();
    for (const { inode } of listening) {
      const known = this.#strangers.get(inode);
      if (known === undefined || (known !== null && !isHeld(known))) unknown.add(inode);
    }
    const found = holdersOf(unknown);
    for (const inode of unknown) this.#strangers.set(inode, describe(found.get(inode)));
    const named = new Map<string, Stranger>();
    for (const { inode } of listening) {
      const seen = this.#strangers.get(inode) ?? null;
      if (seen !== null) named.set(inode, withSince(seen.stranger, seen.known, nowMs));
    }
    return named;
  }
}

function describe(
  held: (Held & { stat: { name: string } }) | undefined,
): (Held & { known: Known; stranger: Stranger }) | null {
  if (held === undefined) return null;
  const { pid, stat } = held;
  const [program = "", ...words] = wordsOf(pid);
  const command = redactWords([basename(program), ...words]);
  const cut = command.length > COMMAND_LIMIT ? `${command.slice(0, COMMAND_LIMIT - 1)}…` : command;
  const stranger = { pid, name: stat.name, ...(cut === "" ? {} : { command: cut }) };
  return { ...held, known: { pid, startTicks: statOf(pid)?.startTicks ?? null }, stranger };
}

/** To the second: the clocks it comes from are read one after the other. */
function withSince(stranger: Stranger, known: Known, nowMs: number): Stranger {
  const age = ageMs(known);
  return age === null ? stranger : { ...stranger, sinceMs: Math.max(0, Math.round((nowMs - age) / 1000) * 1000) };
}
