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

/** The host's credential, or null where it is not enrolled. */
export function readCredential(stateDir: string): Credential | null {
  const parsed = v.safeParse(
    stored,
    readJson(pathOf(stateDir), () => {}),
  );
  return parsed.success ? parsed.output : null;
}

export function writeCredential(stateDir: string, credential: Credential): void {
  writeJson(pathOf(stateDir), credential);
}

function pathOf(stateDir: string): string {
  return join(stateDir, "credential.json");
}

/** Addresses of this machine itself. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** What is wrong with the address of a cloud, or null. Credentials travel encrypted, or not off this machine. */
export function cloudFault(cloud: string): string | null {
  if (!URL.canParse(cloud)) return `expected an address like https://afloat.example.com, got ${cloud}`;
  const { protocol, hostname } = new URL(cloud);
  if (protocol === "https:") return null;
  if (protocol !== "http:") return `expected https, got ${protocol.slice(0, -1)}`;
  return LOOPBACK.test(hostname)
    ? null
    : `expected https for ${hostname}: over http anyone on the way could read this host's credential`;
}
