import type { LinkEvent } from "./core/link-types.ts";
import { placeOf } from "./core/pace.ts";
import { cloudFault, type Credential, credentialVersion, readCredential } from "./credential.ts";

export const NOT_ENROLLED = "this host is not enrolled; enrol it with: afloat enroll";

/** Who this host is for its cloud, and where that is: what `afloat enroll` wrote, as it is by now. */
export class Enrolment {
  readonly #stateDir: string;
  readonly #say: (text: string) => void;
  #version = "";
  #credential: Credential | null = null;

  constructor(stateDir: string, say: (text: string) => void) {
    this.#stateDir = stateDir;
    this.#say = say;
  }

  /** Null where this host is not enrolled. */
  get credential(): Credential | null {
    return this.#credential;
  }

  /** The address that is called; empty where there is none. */
  cloud(configured: string | null): string {
    return configured ?? this.#credential?.cloud ?? "";
  }

  /** The next look finds something new, whatever it finds. */
  forget(): void {
    this.#version = "";
  }

  /** What has changed since the last look; null where nothing has. */
  look(configured: string | null): LinkEvent | null {
    const version = credentialVersion(this.#stateDir);
    if (version === this.#version) return null;
    this.#version = version;
    this.#credential = readCredential(this.#stateDir, this.#say);
    if (this.#credential === null) return { kind: "not-enrolled", refused: false, why: NOT_ENROLLED };
    const called = this.cloud(configured);
    const fault = cloudFault(called);
    if (fault !== null) {
      this.#say(`the cloud is not called: ${fault}`);
      return { kind: "not-enrolled", refused: true, why: fault };
    }
    const { cloud, organization, host } = this.#credential;
    if (configured !== null && configured.replace(/\/$/, "") !== cloud) {
      this.#say(`enrolled at ${cloud}, but the configuration says ${configured}: that one is called`);
    }
    this.#say(`enrolled as ${host.name} with ${organization.name}; the cloud is ${called}`);
    return { kind: "enrolled", place: placeOf(host.id) };
  }
}
