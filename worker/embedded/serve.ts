import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "./bundle.ts";
import { workerdConfig } from "./config.ts";
import { askOperator } from "./operator-client.ts";
import { endLeftover, remember } from "./leftover.ts";
import { workerdPath } from "./workerd.ts";

export interface ServeOptions {
  /** Database, Fleet, queue, secret and log live here; made where it is missing, and only its owner may look in. */
  stateDir: string;
  host: string;
  port: number;
  /** Lets alerts go to private and loopback addresses. */
  allowPrivate: boolean;
  statusCacheMs: number;
  /** How mail is sent (`MAIL_URL`) and from whom (`EMAIL_FROM`); unless said, as AFLOAT_MAIL_URL and AFLOAT_EMAIL_FROM have it. */
  mail?: { url: string; from: string };
  /** Authorities (PEM) that are trusted beside those that browsers trust. */
  trustedCa?: string;
  /** Organizations share so many Fleets; each has one of its own unless said here, or by `AFLOAT_FLEET_CELLS` in the environment. */
  fleetCells?: number;
  /** Told when the server ended unasked and is started again. */
  say: (text: string) => void;
}

export interface EmbeddedServer {
  url: string;
  /** The process of workerd at this moment. */
  pid: () => number;
  /** Asks the operator; see worker/src/operator.ts for what may be asked. */
  operator: <T>(path: string, body: object) => Promise<T>;
  stop: () => Promise<void>;
}

const READY_LIMIT_MS = 30_000;
/** How long the server may take to finish what it is at. */
const STOP_MS = 1_000;
/** A server that ends unasked is started again after this long, doubled up to half a minute while it keeps ending. */
const RESPAWN_MIN_MS = 100;
const RESPAWN_MAX_MS = 30_000;

/**
 * Serves the whole cloud side from one workerd process, and keeps it up: when it ends unasked it is started again. Throws
 * with the last lines of its log where it does not get ready.
 */
export async function serveEmbedded(options: ServeOptions): Promise<EmbeddedServer> {
  const { stateDir, host, port } = options;
  for (const name of ["", "data/fleet", "data/d1", "data/queues", "data/cron"]) {
    mkdirSync(join(stateDir, name), { recursive: true, mode: 0o700 });
  }
  endLeftover(stateDir);
  const url = `http://${host}:${port}`;
  const sockets = mkdtempSync(join(tmpdir(), "afloat-operator-"));
  const operatorSocket = join(sockets, "s");
  await bundleWorker(join(stateDir, "worker.js"));
  const config = workerdConfig({
    ...options,
    address: `${host}:${port}`,
    publicUrl: url,
    operatorSocket,
    assets: fileURLToPath(new URL("../assets", import.meta.url)),
  });
  writeFileSync(join(stateDir, "config.capnp"), config, { mode: 0o600 });
  const keeper = new Keeper(operatorSocket, options);
  keeper.start();
  try {
    await keeper.ready(url);
    await askOperator(operatorSocket, "/migrate", {});
  } catch (error) {
    await keeper.stop();
    throw error;
  }
  return {
    url,
    pid: () => keeper.pid,
    operator: (path, body) => askOperator(operatorSocket, path, body),
    stop: async () => {
      await keeper.stop();
      rmSync(sockets, { recursive: true, force: true });
    },
  };
}

/** Keeps one workerd process up. */
class Keeper {
  readonly #stateDir: string;
  readonly #operatorSocket: string;
  readonly #say: (text: string) => void;
  /** What the Worker is told by its environment, and does not stand in a file. */
  readonly #settings: Record<string, string>;
  #child: ChildProcess | null = null;
  #stopping = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(operatorSocket: string, { stateDir, fleetCells, mail, say }: ServeOptions) {
    this.#stateDir = stateDir;
    this.#operatorSocket = operatorSocket;
    this.#say = say;
    const cells = fleetCells === undefined ? {} : { AFLOAT_FLEET_CELLS: String(fleetCells) };
    const mailed = mail === undefined ? {} : { AFLOAT_MAIL_URL: mail.url, AFLOAT_EMAIL_FROM: mail.from };
    this.#settings = { AFLOAT_SECRET: secretOf(stateDir), ...cells, ...mailed };
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  start(): void {
    // What a killed server left of its socket would be in the way.
    rmSync(this.#operatorSocket, { force: true });
    const log = openSync(join(this.#stateDir, "server.log"), "a", 0o600);
    const startedMs = Date.now();
    const child = spawn(workerdPath(), ["serve", "config.capnp", "--experimental"], {
      cwd: this.#stateDir,
      stdio: ["ignore", log, log],
      // Its own group: Ctrl-C in the terminal reaches us alone, and we end it in order.
      detached: true,
      env: { ...process.env, ...this.#settings },
    });
    closeSync(log);
    this.#child = child;
    remember(this.#stateDir, child.pid);
    child.once("exit", (code, signal) => this.#ended(signal ?? `code ${code}`, Date.now() - startedMs));
    child.once("error", (error) => this.#say(`the server cannot be started: ${error.message}`));
  }

  async ready(url: string): Promise<void> {
    for (const endMs = Date.now() + READY_LIMIT_MS; Date.now() < endMs && this.#failures < 3;) {
      const healthy = await fetch(`${url}/livez`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (healthy && existsSync(this.#operatorSocket)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const log = readFileSync(join(this.#stateDir, "server.log"), "utf8").trimEnd().split("\n").slice(-10).join("\n");
    throw new Error(`the server did not get ready; the end of ${this.#stateDir}/server.log:\n${log}`);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    // Open sockets would keep it for long; what was acknowledged is on disk already.
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  #ended(how: string, ranMs: number): void {
    if (this.#stopping) return;
    this.#failures = ranMs > 60_000 ? 1 : this.#failures + 1;
    const delayMs = Math.min(RESPAWN_MAX_MS, RESPAWN_MIN_MS * 2 ** (this.#failures - 1));
    this.#say(`the server ended (${how}); it is started again`);
    this.#timer = setTimeout(() => this.start(), delayMs);
  }
}

/** Made once for each state folder; without it no session and no credential is worth anything. */
function secretOf(stateDir: string): string {
  const path = join(stateDir, "secret");
  if (!existsSync(path)) writeFileSync(path, randomBytes(48).toString("base64url"), { mode: 0o600, flag: "wx" });
  return readFileSync(path, "utf8");
}
