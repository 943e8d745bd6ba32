/**
 * Everything that keeps a host from its cloud: how soon it is tried again, and what a person does about it. Nothing is given up
 * for ever.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** How one fault is met. */
interface Rule {
  /** The longest wait before the first try after it, milliseconds; it doubles with each failure in a row, up to `upToMs`. */
  fromMs: number;
  upToMs: number;
  /** The cloud does not want this host: only a person can mend it. */
  isRefusal: boolean;
  /** It may concern sockets only: where it comes again and again, HTTP is tried. */
  mayBeSocketOnly: boolean;
  /** What mends it; null where there is nothing to do but wait. `host` is the cloud's. */
  mend: ((cloud: string, host: string) => string) | null;
}

const passing = { fromMs: SECOND_MS, upToMs: MINUTE_MS, isRefusal: false, mayBeSocketOnly: false };
const refusal = { fromMs: 15 * MINUTE_MS, upToMs: 15 * MINUTE_MS, isRefusal: true, mayBeSocketOnly: false };
const again = () => "afloat enroll --again";

export const FAULTS = {
  /** Cut, silent, or something else that may be better in a moment. */
  lost: { ...passing, mayBeSocketOnly: true, mend: null },
  /** The host is kept somewhere else in the cloud from now on: nothing is wrong with the connection. */
  moved: { ...passing, mend: null },
  /** Upgrades do not come through, whatever is on the way. */
  "no-socket": {
    ...passing,
    mayBeSocketOnly: true,
    mend: (_cloud, host) => `let WebSockets (Upgrade) to ${host} pass; meanwhile it goes by HTTP`,
  },
  /** An answer of 5xx, or "slower, please". */
  "cloud-trouble": { ...passing, mayBeSocketOnly: true, mend: null },
  "not-reached": {
    ...passing,
    mend: (cloud) => `does it run, and may this host go there? curl -sS -o /dev/null -w '%{http_code}\\n' ${cloud}`,
  },
  "unknown-name": {
    ...passing,
    upToMs: 5 * MINUTE_MS,
    mend: (_cloud, host) =>
      `is it written right after cloud: in afloat.yaml? Ask the name service: getent hosts ${host}`,
  },
  /** Captive portals and pages of maintenance pass; a wrong address does not. */
  "not-afloat": {
    ...passing,
    upToMs: 10 * MINUTE_MS,
    mayBeSocketOnly: true,
    mend: () => "write the address of your Afloat after cloud: in afloat.yaml, then: afloat reload",
  },
  certificate: {
    ...passing,
    upToMs: 5 * MINUTE_MS,
    mend: () =>
      "name the file of the authority that signed it: `cloud_ca: ./ca.pem` in afloat.yaml, or NODE_EXTRA_CA_CERTS",
  },
  /** Time is kept by the network, too: it may be right in a moment. */
  clock: {
    ...passing,
    mend: () =>
      "set the clock: timedatectl set-ntp true    # where it is right, the cloud's certificate must be renewed",
  },
  "proxy-not-reached": {
    ...passing,
    mend: (_cloud, host) => `mend HTTPS_PROXY in the agent's environment, or go without it: NO_PROXY=${host}`,
  },
  "proxy-refused": {
    ...passing,
    upToMs: 5 * MINUTE_MS,
    mend: (_cloud, host) => `let the proxy pass CONNECT to ${host}, or go without it: NO_PROXY=${host}`,
  },
  "proxy-password": {
    ...passing,
    upToMs: 5 * MINUTE_MS,
    mend: () => "write name and password into the agent's environment: HTTPS_PROXY=http://name:password@…",
  },
  "wrong-credential": { ...refusal, mend: again },
  revoked: { ...refusal, mend: again },
  "in-use-elsewhere": { ...refusal, upToMs: 5 * MINUTE_MS, fromMs: 50 * SECOND_MS, mend: again },
  "too-old": {
    ...refusal,
    mend: () => "install the version that fits on both sides, then start the agent anew; services run on",
  },
} as const satisfies Record<string, Rule>;

export type Fault = keyof typeof FAULTS;

/** The rule of a fault. */
export const ruleOf = (fault: Fault): Rule => FAULTS[fault];

/** Why the cloud does not want us. */
export type Refusal = "wrong-credential" | "revoked" | "in-use-elsewhere" | "too-old";

/** The same fault, where it is a refusal. */
export function refusalOf(fault: Fault): Refusal | null {
  switch (fault) {
    case "wrong-credential":
    case "revoked":
    case "in-use-elsewhere":
    case "too-old":
      return fault;
    default:
      return null;
  }
}

/** What a person does about it; null where there is nothing to do but wait. */
export function mendOf(fault: Fault, cloud: string): string | null {
  const host = URL.canParse(cloud) ? new URL(cloud).hostname : cloud;
  return ruleOf(fault).mend?.(cloud, host) ?? null;
}

/** How a connection ended, or was never made. */
export interface Ended {
  kind: Fault;
  why: string;
  /** Not before so long, milliseconds: the other end asks for it. */
  afterMs?: number;
}
