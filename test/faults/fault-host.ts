import { execFile } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Host } from "../behaviours/host.ts";
import { claimPorts } from "../claim-ports.ts";
import { AGENT } from "../stories/house/host.ts";
import type { House } from "../stories/house/house.ts";
import { until } from "../stories/house/until.ts";
import { FaultProxy } from "./proxy.ts";

/** What `afloat status --json` says of the link. */
interface Link {
  kind: "none" | "connecting" | "connected" | "refused";
  via?: "socket" | "http";
  unsent: number;
  why?: string;
  lastError?: string | null;
}

/** Waits little between its restarts, but long enough in a loop: the cloud takes 600 events a minute of a host. */
const QUICK = "backoff: { min: 50ms, max: 2s, stable_after: 500ms }, stop: { timeout: 2s }";

/** A real host that speaks with its cloud through a network which does harm. Its services count their own starts. */
export class FaultHost {
  readonly name: string;
  readonly slug: string;
  readonly proxy: FaultProxy;
  readonly host: Host;
  agent: ChildProcess | null = null;
  /** A clock of the agent's own, beside the machine's: see `setClock`. */
  #hasClock = false;

  private constructor(slug: string, name: string, proxy: FaultProxy, host: Host) {
    [this.slug, this.name, this.proxy, this.host] = [slug, name, proxy, host];
  }

  /** Enrols a host with these services, its agent not started yet. */
  static async enrol(house: House, slug: string, name: string, services: string[]): Promise<FaultHost> {
    const proxy = await FaultProxy.open(await claimPorts(), Number(new URL(house.server.url).port));
    const host = new Host("");
    const it = new FaultHost(slug, name, proxy, host);
    host.configure(`${services.map(entry).join("")}cloud: ${proxy.url}\nremote: [restart]\n`);
    await it.enrolWith(await house.enrolmentKey(slug));
    return it;
  }

  /** `afloat enroll`, with a key in the environment, as it must be. */
  enrolWith(key: string, ...more: string[]): Promise<void> {
    const options = { cwd: this.host.dir, env: { ...process.env, AFLOAT_ENROLMENT_KEY: key } };
    const args = [AGENT, "enroll", "--name", this.name, ...more];
    return new Promise((resolve, reject) =>
      execFile(process.execPath, args, options, (error, _out, said) =>
        error === null ? resolve() : reject(new Error(said, { cause: error })),
      ),
    );
  }

  async start(): Promise<void> {
    const env = this.#hasClock ? { NODE_OPTIONS: `--require=${CLOCK}`, CLOCK_FILE: this.#clockFile } : {};
    this.agent = await this.host.start({ env });
  }

  /** Ends the agent as a crash would; services run on. */
  async kill(): Promise<void> {
    if (this.agent !== null) await this.host.kill(this.agent);
    this.agent = null;
  }

  /** The time of day as this host's agent sees it, from now on: so far off, milliseconds. Before its first start. */
  setClock(offMs: number): void {
    this.#hasClock = true;
    writeFileSync(this.#clockFile, String(offMs));
  }

  async link(): Promise<Link> {
    const status: { agent: unknown; link?: Link } | null = await this.host.status();
    return status?.link ?? { kind: "none", unsent: 0, why: "no agent answers" };
  }

  /** Waits until the link is as the condition says. */
  async see(what: string, condition: (link: Link) => boolean, withinMs?: number): Promise<Link> {
    let link: Link | null = null;
    const look = async () => condition((link = await this.link())) && link;
    try {
      return await until(`${this.name}: ${what}`, look, withinMs);
    } catch (error) {
      throw new Error(`${String(error)}; the link is ${JSON.stringify(link)}\n${this.host.log().slice(-2000)}`, {
        cause: error,
      });
    }
  }

  /** Everything that happened here is in the database, and the host was told so. */
  isRecorded(withinMs?: number): Promise<Link> {
    return this.see("all is recorded", ({ kind, unsent }) => kind === "connected" && unsent === 0, withinMs);
  }

  /** How often a service's process was started, as it says itself. */
  starts(service: string): number {
    return this.host.read(`${service}.starts`).split("\n").length - 1;
  }

  /** The same, once it is up: whatever was to start it before has done so, and its process has said so. */
  async startsOnceUp(service: string): Promise<number> {
    await until(`${this.name}: ${service} to be up and to have said so`, async () => {
      const its = await this.host.service(service);
      if (its?.verdict !== "healthy" || its.pid === null) return false;
      return this.host.read(`${service}.starts`).trimEnd().split("\n").at(-1) === String(its.pid);
    });
    return this.starts(service);
  }

  /** From now on the service ends as soon as it is started, or no more so. */
  loops(service: string, does: boolean): void {
    const path = join(this.host.dir, `${service}.ends`);
    if (does) writeFileSync(path, "");
    else rmSync(path, { force: true });
  }

  /** Ends a service's process as a crash would; nothing where none runs. */
  async crash(service: string): Promise<void> {
    const pid = (await this.host.service(service))?.pid;
    if (pid === undefined || pid === null) return;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended in this very moment.
    }
  }

  get credential(): string {
    const stored: { credential: string } = JSON.parse(readFileSync(this.#credentialFile, "utf8"));
    return stored.credential;
  }

  /** This host's id in the cloud. */
  get id(): string {
    const stored: { host: { id: string } } = JSON.parse(readFileSync(this.#credentialFile, "utf8"));
    return stored.host.id;
  }

  /** As a cloned disk has it: this host speaks with another's credential, over its own network. */
  takeCredentialOf(other: FaultHost): void {
    mkdirSync(this.host.stateDir, { recursive: true, mode: 0o700 });
    copyFileSync(other.#credentialFile, this.#credentialFile);
    chmodSync(this.#credentialFile, 0o600);
  }

  async end(): Promise<void> {
    this.proxy.calm();
    await this.host.end();
    await this.proxy.close();
  }

  get #credentialFile(): string {
    return join(this.host.stateDir, "credential.json");
  }

  get #clockFile(): string {
    return join(this.host.dir, "clock");
  }
}

/** Says each start, and runs until it is killed, or ends at once where it is to. */
function entry(service: string): string {
  const script = `echo $$ >> ${service}.starts; test -e ${service}.ends && exit 3; exec sleep 86400`;
  return `  ${service}: { command: [sh, -c, "${script}"], loop: [{ restarts: 3, within: 5m }], ${QUICK} }\n`;
}

const CLOCK = new URL("programs/clock.cjs", import.meta.url).pathname;
if (!existsSync(CLOCK)) throw new Error(`expected ${CLOCK}`);
