import { groupsOf } from "@afloat/shared/config/groups";
import type { HostSpec, ServiceSpec } from "@afloat/shared/spec";
import { type Checked, checkService } from "../check/check-service.ts";
import { Turns } from "../check/turns.ts";
import { readHost } from "../config/load.ts";
import { tellWarnings } from "../config/surroundings.ts";
import { NotAnswering, NotRunning, request } from "../control/client.ts";
import type { Status } from "../control/protocol.ts";
import { messageOf } from "../error-words.ts";
import { markOf } from "../process/mark.ts";
import { ownName } from "../process/user.ts";
import { savedStateId } from "../state/id.ts";
import { socketPathOf } from "../state/paths.ts";
import { checkedLines, fixableWords, type MetAgent, summaryLines } from "./checked-lines.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";
import { AGENT_MS, fetchStatus } from "./fetch-status.ts";

export interface CheckOptions {
  json?: boolean;
  quiet?: boolean;
  fix?: boolean;
  yes?: boolean;
}

/** How many services are called at once. */
const AT_ONCE = 8;

/** `afloat check`: with or without a running agent; exit code 0 only where every endpoint and port is well. */
export async function check(place: Place, asked: string[], options: CheckOptions): Promise<number> {
  if (options.fix === true && options.json === true) {
    console.error("expected --fix or --json, got both: --fix is for people; --json says what is fixable");
    return 2;
  }
  const loaded = readHost(place.configFile);
  tellWarnings(loaded);
  const { spec } = loaded;
  const named = namedServices(asked.length === 0 ? ["all"] : asked, namesOf(spec), groupsOf(spec.services));
  if ("fault" in named && spec.services.length > 0) {
    console.error(named.fault);
    return 2;
  }
  const names = "fault" in named ? [] : named.names;
  const agent = await metAgent(place);
  const services = spec.services.filter(({ name }) => names.includes(name));
  const checked = await checkAll(services, place, agent.status, options.json !== true && options.quiet !== true);
  await askAgain(place, checked, agent);
  if (options.fix === true) return (await import("./fix.ts")).fix({ place, loaded, checked, agent }, options);
  if (options.json === true) {
    const { status, fault } = agent;
    const pid = status?.agent.pid ?? null;
    console.log(JSON.stringify({ agent: pid, agentFault: fault, services: checked.map(jsonOf) }));
  } else if (options.quiet !== true)
    for (const line of [...checkedLines(checked), "", ...summaryLines(checked, agent), ...fixableWords(checked)])
      console.log(line);
  return checked.every(({ ok }) => ok) ? 0 : 1;
}

/** What it says, or what is wrong with it: a check needs no agent, and says which it met. */
async function metAgent(place: Place): Promise<MetAgent> {
  try {
    return { status: await fetchStatus(place.stateDir), fault: null };
  } catch (error) {
    const isAbsent = error instanceof NotRunning && !(error instanceof NotAnswering);
    return { status: null, fault: isAbsent ? null : messageOf(error) };
  }
}

const namesOf = (spec: HostSpec) => spec.services.map(({ name }) => name);

/** A few at a time, told in the order of the file; on a terminal it says how far it is. */
export async function checkAll(
  services: readonly ServiceSpec[],
  place: Place,
  status: Status | null,
  shown: boolean,
): Promise<Checked[]> {
  const turns = new Turns(AT_ONCE);
  const progress = new Progress(services.length, shown && process.stderr.isTTY);
  const stateId = savedStateId(place.stateDir) ?? "none";
  const checked = await Promise.all(
    services.map((service) =>
      turns.take(async () => {
        progress.begins(service.name);
        const snapshot = status?.services.find(({ name }) => name === service.name) ?? null;
        const result = await checkService(service, { mark: markOf(stateId, service.name), snapshot });
        progress.ended(service.name);
        return result;
      }),
    ),
  );
  progress.close();
  return checked;
}

/** How far it is, in one line of a terminal. */
class Progress {
  readonly #all: number;
  readonly #shown: boolean;
  readonly #running = new Set<string>();
  #done = 0;

  constructor(all: number, shown: boolean) {
    this.#all = all;
    this.#shown = shown;
  }

  begins(name: string): void {
    this.#running.add(name);
    this.#tell();
  }

  ended(name: string): void {
    this.#running.delete(name);
    this.#done++;
    this.#tell();
  }

  close(): void {
    if (this.#shown) process.stderr.write("\r\u001B[2K");
  }

  #tell(): void {
    const line = `checking, ${this.#done} of ${this.#all} done: ${[...this.#running].join(", ")}`;
    if (this.#shown) process.stderr.write(`\r\u001B[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }
}

/** Endpoints that the agent calls no more are called again, but for those that have just shown why. */
async function askAgain(place: Place, checked: readonly Checked[], agent: MetAgent): Promise<void> {
  const { status } = agent;
  if (status === null) return;
  const known = new Set(status.services.map(({ name }) => name));
  const services = checked
    .filter(({ service, crashed }) => known.has(service) && !crashed)
    .map(({ service }) => service);
  if (services.length === 0) return;
  const call = { call: "recheck" as const, services, by: ownName() };
  try {
    await request(socketPathOf(place.stateDir), call, () => "last", AbortSignal.timeout(AGENT_MS));
  } catch (error) {
    // What was found stays true, and is told all the same.
    agent.fault = messageOf(error);
  }
}

/** For machines: `diagnosis` is the first problem. */
function jsonOf({ service, ok, verdict, endpoint, ports, problems }: Checked): object {
  const plain = problems.map(({ edit, ...diagnosis }) => ({ ...diagnosis, fixable: edit !== null }));
  const closedPorts = ports.filter(({ kind }) => kind === "closed").map(({ port }) => port);
  return { service, ok, verdict, endpoint, closedPorts, ports, diagnosis: plain[0] ?? null, problems: plain };
}
