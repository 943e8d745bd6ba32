import type { AgentIdentity } from "./fleet/identity.ts";

/** `afa_<organization>.<host>.<version>.<mac>`: everything needed to check it is in it and in AFLOAT_SECRET. */
const SHAPE = /^afa_([a-z0-9]{1,64})\.([a-z0-9]{1,64})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})$/;

/**
 * The credential of one host. Derived, never stored: the same host and version give the same words again.
 * Throws a RangeError for ids that are not `[a-z0-9]`, since such a credential could never be read back.
 */
export async function makeCredential(secret: string, agent: AgentIdentity): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", await macKey(secret), bytes(claimOf(agent)));
  const text = `${claimOf(agent)}.${toBase64Url(new Uint8Array(mac))}`;
  if (!SHAPE.test(text))
    throw new RangeError(`expected ids of a-z and 0-9 and a version from 1, got ${claimOf(agent)}`);
  return text;
}

/**
 * Credentials found genuine by this isolate, by secret and text, so that a host's next message costs no MAC. That one is revoked
 * is not asked here but of the Fleet, which knows the version in force.
 */
const genuine = new Map<string, AgentIdentity>();
const GENUINE_KEPT = 5_000;

/** Who a credential speaks for, or null where it is malformed or forged. Takes the same time whatever is wrong with the MAC. */
export async function readCredential(secret: string, text: string): Promise<AgentIdentity | null> {
  const key = `${secret} ${text}`;
  const known = genuine.get(key);
  if (known !== undefined) return known;
  const agent = await proveCredential(secret, text);
  if (agent === null) return null;
  if (genuine.size >= GENUINE_KEPT) genuine.clear();
  genuine.set(key, agent);
  return agent;
}

async function proveCredential(secret: string, text: string): Promise<AgentIdentity | null> {
  const [, organizationId, hostId, version, mac] = SHAPE.exec(text) ?? [];
  if (organizationId === undefined || hostId === undefined || version === undefined || mac === undefined) return null;
  const agent = { organizationId, hostId, version: Number(version) };
  // `verify` compares in constant time.
  const isGenuine = await crypto.subtle.verify("HMAC", await macKey(secret), fromBase64Url(mac), bytes(claimOf(agent)));
  return isGenuine ? agent : null;
}

function claimOf(agent: AgentIdentity): string {
  return `afa_${agent.organizationId}.${agent.hostId}.${agent.version}`;
}

/** One derived key per secret and isolate: deriving it costs more than the MAC itself. */
const macKeys = new Map<string, Promise<CryptoKey>>();

function macKey(secret: string): Promise<CryptoKey> {
  const known = macKeys.get(secret);
  if (known !== undefined) return known;
  const key = deriveMacKey(secret);
  macKeys.set(secret, key);
  return key;
}

async function deriveMacKey(secret: string): Promise<CryptoKey> {
  const root = await crypto.subtle.importKey("raw", bytes(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: bytes("afloat host credential") },
    root,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign", "verify"],
  );
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}

function toBase64Url(data: Uint8Array): string {
  return btoa(String.fromCharCode(...data))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
