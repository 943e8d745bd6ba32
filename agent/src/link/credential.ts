import { chmodSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { readJson, writeJson } from "../state/files.ts";

/** What enrolling gave this host. In the state folder, for its owner alone. */
const stored = v.object({
  cloud: v.string(),
  credential: v.pipe(v.string(), v.regex(/^afa_/)),
  organization: v.object({ name: v.string(), slug: v.string() }),
  host: v.object({ id: v.string(), name: v.string() }),
  dashboard: v.string(),
});
export type Credential = v.InferOutput<typeof stored>;

/** The host's credential, or null where it is not enrolled. One that others could read is closed to them, and said. */
export function readCredential(stateDir: string, say: (text: string) => void = () => {}): Credential | null {
  const path = credentialPath(stateDir);
  const stat = statOrNull(path);
  if (stat === null) return null;
  if ((stat.mode & 0o077) !== 0) {
    say(`${path} could be read by others (mode ${(stat.mode & 0o777).toString(8)}); it is its owner's alone now`);
    chmodSync(path, 0o600);
  }
  const parsed = v.safeParse(stored, readJson(path, say));
  if (!parsed.success) say(`${path} is not what afloat enroll writes: enrol again`);
  return parsed.success ? parsed.output : null;
}

/** Whole or not at all, mode 0600. Throws where the disk does not take it. */
export function writeCredential(stateDir: string, credential: Credential): void {
  writeJson(credentialPath(stateDir), credential);
}

/** Another text for every other file that stood there: cheap enough to ask every few seconds. */
export function credentialVersion(stateDir: string): string {
  const stat = statOrNull(credentialPath(stateDir));
  return stat === null ? "none" : `${stat.ino}/${stat.mtimeMs}/${stat.size}`;
}

/** Addresses of this machine itself. `URL` has already written 127.1 out in full. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** What is wrong with the address of a cloud, or null. Credentials travel encrypted, or not off this machine. */
export function cloudFault(cloud: string): string | null {
  if (!URL.canParse(cloud)) return `expected an address like https://afloat.example.com, got ${cloud}`;
  const { protocol, hostname, username, password, search, hash } = new URL(cloud);
  if (username !== "" || password !== "") return "expected an address without a name or a password in it";
  if (search !== "" || hash !== "") return `expected an address without ? or #, got ${cloud}`;
  if (protocol === "https:") return null;
  if (protocol !== "http:") return `expected an address like https://afloat.example.com, got ${protocol}`;
  return LOOPBACK.test(hostname)
    ? null
    : `expected https for ${hostname}: over http anyone on the way could read this host's credential; only this machine itself may be called so`;
}

function credentialPath(stateDir: string): string {
  return join(stateDir, "credential.json");
}

function statOrNull(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}
