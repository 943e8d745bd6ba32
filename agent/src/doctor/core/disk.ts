import { sizeWords } from "@afloat/shared/core/size";
import { type Finding, finding, ok, quoted } from "./finding.ts";

export interface DiskFacts {
  dir: string;
  /** The kind of file system, as the kernel calls it; null where it does not tell. */
  type: string | null;
  /** Null where it gave no answer in time. */
  space: { freeBytes: number; totalBytes: number; freeInodes: number; totalInodes: number } | null;
}

export interface LogsFacts {
  /** What the logs of each service take on the disk, the largest first. */
  logs: { service: string; bytes: number; limitBytes: number | null }[];
}

/** Below this much the agent drops logs, and services may fail, bytes. */
const LITTLE_BYTES = 100 * 1024 ** 2;
const REMOTE = new Set(["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "glusterfs", "afs"]);
const FORGETS = new Set(["tmpfs", "ramfs"]);

/** Room, and what kind of disk it is. */
export function judgeDisk({ dir, type, space }: DiskFacts): Finding[] {
  if (space === null) {
    const why = "the agent may hang on it, too: nothing there can be read";
    return [
      finding(
        "disk",
        "problem",
        `the disk of ${dir} gave no answer in time${type === null ? "" : ` (${type})`}`,
        why,
        `is it mounted from elsewhere? df ${quoted(dir)}`,
      ),
    ];
  }
  const found = [...room(dir, space), ...kind(dir, type)];
  return found.length > 0
    ? found
    : [ok("disk", `${sizeWords(space.freeBytes)} free for ${dir}${type === null ? "" : ` (${type})`}`)];
}

function room(dir: string, space: NonNullable<DiskFacts["space"]>): Finding[] {
  const { freeBytes, totalBytes, freeInodes, totalInodes } = space;
  const mend = `du -xh ${quoted(dir)} | sort -h | tail    # what takes it`;
  const part = totalBytes === 0 ? 1 : freeBytes / totalBytes;
  const what = `${sizeWords(freeBytes)} free of ${sizeWords(totalBytes)} for ${dir}`;
  const found = [];
  if (freeBytes < LITTLE_BYTES || part < 0.01)
    found.push(finding("disk", "problem", what, "services that log may fail, and what they write is lost", mend));
  else if (part < 0.05)
    found.push(finding("disk", "warning", what, "when it is full, what services write is lost", mend));
  // Some file systems (btrfs) have no fixed number of inodes, and say 0.
  if (totalInodes > 0 && freeInodes / totalInodes < 0.02) {
    const words = `${freeInodes} of ${totalInodes} inodes free for ${dir}`;
    found.push(
      finding(
        "disk",
        "problem",
        words,
        "no file can be made when there is none, whatever room there is",
        `find ${quoted(dir)} -xdev | wc -l    # how many files`,
      ),
    );
  }
  return found;
}

function kind(dir: string, type: string | null): Finding[] {
  if (type !== null && REMOTE.has(type)) {
    const why = "the agent hangs when its server does, and rotation may lose lines there";
    return [
      finding(
        "disk",
        "warning",
        `the state folder ${dir} is on ${type}`,
        why,
        "use a disk of this host: afloat --state /var/lib/afloat …",
      ),
    ];
  }
  if (type !== null && FORGETS.has(type)) {
    const why = "after a reboot nobody knows what was paused, and logs are gone";
    return [
      finding(
        "disk",
        "warning",
        `the state folder ${dir} is in memory (${type})`,
        why,
        "use a disk of this host: afloat --state /var/lib/afloat …",
      ),
    ];
  }
  return [];
}

/** Logs that eat the disk. */
export function judgeLogs({ logs }: LogsFacts, space: DiskFacts["space"]): Finding[] {
  const all = logs.reduce((sum, { bytes }) => sum + bytes, 0);
  const found = logs
    .filter(({ bytes, limitBytes }) => limitBytes !== null && bytes > limitBytes * 1.5 + LITTLE_BYTES)
    .map(({ service, bytes, limitBytes }) =>
      finding(
        "logs",
        "warning",
        `the logs of ${service} take ${sizeWords(bytes)}, its limits allow ${sizeWords(limitBytes ?? 0)}`,
        "they are cut by a running agent only, or are cut more slowly than they grow",
        "afloat up --daemon    # if none runs",
      ),
    );
  const [largest] = logs;
  if (largest !== undefined && space !== null && all > space.totalBytes * 0.25) {
    const what = `logs take ${sizeWords(all)}, more than a quarter of the disk; most is of ${largest.service} (${sizeWords(largest.bytes)})`;
    found.push(
      finding(
        "logs",
        "warning",
        what,
        "a full disk loses what services write",
        `${largest.service}: log: { max_size: 5MB, keep: 3 }`,
      ),
    );
  }
  return found.length > 0 ? found : [ok("logs", `take ${sizeWords(all)}`)];
}
