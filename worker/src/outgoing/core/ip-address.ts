/**
 * What a literal address leads to. `private`: this machine or its own network, where a self-hoster may want to go; `never`: where
 * nobody is told anything, whatever is opted into: metadata services, link-local, multicast, reserved, tunnels into other classes.
 */
export type AddressClass = "public" | "private" | "never";

type Block = readonly [base: string, bits: number];

/** IANA's special-purpose registry (iana.org/assignments/iana-ipv4-special-registry), and the metadata services of clouds. */
const V4_NEVER: readonly Block[] = [
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
  // Alibaba's metadata, in the block of carriers; Azure's, in the midst of public ones.
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
];
const V4_PRIVATE: readonly Block[] = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
];

/** Of four bytes, as a number. */
export function classOfV4(address: number): AddressClass {
  if (V4_NEVER.some((block) => isIn(address, block))) return "never";
  return V4_PRIVATE.some((block) => isIn(address, block)) ? "private" : "public";
}

/** `a.b.c.d` in plain decimals, as URL writes every spelling of an IPv4 address; null where it is none. */
export function parseV4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return parts.reduce((all, part) => all * 256 + part, 0);
}

/**
 * Of eight groups (iana.org/assignments/iana-ipv6-special-registry). Only 2000::/3 is given out to anybody; in it the ways into IPv4
 * (Teredo, 6to4), documentation and what IETF keeps for itself (2001::/23) are left out.
 */
export function classOfV6(groups: readonly number[]): AddressClass {
  const [a = 0, b = 0] = groups;
  const startsWithZeros = groups.slice(0, 5).every((group) => group === 0);
  // ::1, and ::ffff:a.b.c.d, which is a.b.c.d.
  if (startsWithZeros && groups[5] === 0xffff) return classOfV4(lastFour(groups));
  if (startsWithZeros && groups[5] === 0 && groups[6] === 0 && groups[7] === 1) return "private";
  // Metadata of Amazon, fd00:ec2::254, and of Google, fd20:ce::254, in the block of private addresses.
  if ((a === 0xfd00 && b === 0xec2) || (a === 0xfd20 && b === 0xce)) return "never";
  if (a >>> 9 === 0xfc00 >>> 9) return "private";
  if (a >>> 13 !== 0x2000 >>> 13) return "never";
  if (a === 0x2001 && (b < 0x200 || b === 0xdb8)) return "never";
  if (a === 0x2002 || (a === 0x3fff && b < 0x1000)) return "never";
  return "public";
}

/** The eight groups of an IPv6 address as URL writes it, without brackets; null where it is none. */
export function parseV6(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2 || !/^[0-9a-f:]+$/i.test(text)) return null;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":").map(hexGroup)));
  const missing = 8 - head.length - tail.length;
  const filled =
    halves.length === 2 ? [...head, ...Array.from({ length: Math.max(0, missing) }, () => 0), ...tail] : head;
  return filled.length === 8 && filled.every((group) => group >= 0) ? filled : null;
}

function hexGroup(text: string): number {
  return /^[0-9a-f]{1,4}$/i.test(text) ? Number.parseInt(text, 16) : -1;
}

function lastFour(groups: readonly number[]): number {
  return (groups[6] ?? 0) * 65_536 + (groups[7] ?? 0);
}

function isIn(address: number, [base, bits]: Block): boolean {
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor((parseV4(base) ?? 0) / size);
}
