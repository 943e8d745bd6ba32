export type Progress = (text: string) => void;

/** A line that no other supervisor of this run has, so that its processes are told from all others. */
export const lineOf = (index: number) => `sleep ${7_700_000 + index}`;

/** What has to be got before it can be run; `install` throws where it cannot be had. */
interface Installable {
  readonly title: string;
  install: () => void;
}

/** Those that can be had here; what cannot is said, and left out. */
export function installed<T extends Installable>(all: T[], progress: Progress): T[] {
  return all.filter((each) => {
    try {
      progress(`getting ${each.title}`);
      each.install();
      return true;
    } catch (error) {
      console.error(`${each.title} cannot be had here and is left out: ${String(error).split("\n")[0]}`);
      return false;
    }
  });
}
