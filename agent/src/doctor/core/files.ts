import { type Finding, finding, ok, quoted } from "./finding.ts";

/** A file or folder as stat(2) has it. */
export interface FileFacts {
  path: string;
  /** Permission bits. */
  mode: number;
  uid: number;
}

export interface FilesFacts {
  uid: number;
  state: FileFacts | null;
  socket: FileFacts | null;
  credential: FileFacts | null;
  configuration: FileFacts | null;
  /** The folder that the configuration lies in. */
  folder: FileFacts | null;
  /** What in the environment of services looks like a secret, by name. */
  secrets: readonly string[];
  /** Files that services have secrets from. */
  secretFiles: readonly FileFacts[];
}

/** Who may read and write what the agent goes by. */
export function judgeFiles(facts: FilesFacts): Finding[] {
  const found = [
    ...open(
      facts.state,
      0o077,
      "the state folder",
      "who gets in there sees logs and credentials, and may ask the agent anything",
      "700",
    ),
    ...open(facts.socket, 0o077, "the control socket", "who may write to it may stop every service", "600"),
    ...open(
      facts.credential,
      0o077,
      "the credential of this host",
      "who reads it can speak to the cloud as this host",
      "600",
    ),
    ...open(
      facts.configuration,
      0o022,
      "the configuration",
      "who may write it decides which commands the agent runs",
      "go-w",
    ),
    ...facts.secretFiles.flatMap((file) =>
      open(file, 0o007, "the secret", "who reads it knows it, whatever is hidden elsewhere", "o-rwx"),
    ),
    ...stickless(facts.folder),
    ...readable(facts),
    ...strange(facts),
  ];
  return found.length > 0 ? found : [ok("files", "nobody else may read or write what the agent goes by")];
}

function open(file: FileFacts | null, bits: number, what: string, why: string, mode: string): Finding[] {
  if (file === null || (file.mode & bits) === 0) return [];
  const verb = (file.mode & bits & 0o022) === 0 ? "read" : "written";
  const words = `${what} ${file.path} can be ${verb} by others (mode ${(file.mode & 0o7777).toString(8)})`;
  // A group may be one's own alone, as Debian makes them for people: then a configuration that it may write is no danger.
  const level = bits === 0o022 && (file.mode & 0o002) === 0 ? "warning" : "problem";
  return [finding("files", level, words, why, `chmod ${mode} ${quoted(file.path)}`)];
}

/** In a folder that others may write to, they can put another file in its place. */
function stickless(folder: FileFacts | null): Finding[] {
  if (folder === null || (folder.mode & 0o022) === 0 || (folder.mode & 0o1000) !== 0) return [];
  const what = `the folder of the configuration, ${folder.path}, can be written by others (mode ${(folder.mode & 0o7777).toString(8)})`;
  return [
    finding(
      "files",
      "warning",
      what,
      "they can put another configuration in its place",
      `chmod go-w ${quoted(folder.path)}`,
    ),
  ];
}

function readable({ configuration, secrets }: FilesFacts): Finding[] {
  if (configuration === null || secrets.length === 0 || (configuration.mode & 0o004) === 0) return [];
  const what = `the configuration holds ${secrets.slice(0, 3).join(", ")}, and everybody on this host may read it`;
  return [finding("files", "warning", what, "it looks like a secret", `chmod o-r ${quoted(configuration.path)}`)];
}

function strange({ state, uid }: FilesFacts): Finding[] {
  if (state === null || state.uid === uid || uid === 0) return [];
  const what = `the state folder ${state.path} belongs to user ${state.uid}, and you are ${uid}`;
  return [
    finding(
      "files",
      "problem",
      what,
      "an agent that you start cannot write there",
      "run afloat as that user, or with --state and a folder of your own",
    ),
  ];
}
