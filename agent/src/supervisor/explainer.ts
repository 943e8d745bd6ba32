import type { Diagnosis, ReasonCode } from "@afloat/shared/domain";
import type { ServiceSpec } from "@afloat/shared/spec";
import { latencyOf } from "@afloat/shared/core/latency";
import type { Observation, ServiceState } from "@afloat/shared/core/lifecycle-types";
import type { Evidence } from "../check/case.ts";
import { messageOf } from "../error-words.ts";

/** What is looked into, so that a person knows what to write instead. */
const EXPLAINED: readonly ReasonCode[] = ["unproven-endpoint", "regressed-endpoint", "unproven-port"];

/** What the explainer tells: that there is a new diagnosis, or a line for the log. */
interface Told {
  found: () => void;
  say: (text: string) => void;
}

/** Looks into what fails: once for each way of failing, until all was well in between. It never acts. */
export class Explainer {
  /** Of the way it fails now; null where nothing fails, or it is not known yet. */
  diagnosis: Diagnosis | null = null;
  #spec: ServiceSpec;
  readonly #told: Told;
  /** What was found for each way of failing; null while it is looked for. */
  readonly #known = new Map<string, Diagnosis | null>();
  #failing = "";
  /** Null while nothing is looked into: what is well must cost nothing. */
  #looking: AbortController | null = null;

  constructor(spec: ServiceSpec, told: Told) {
    this.#spec = spec;
    this.#told = told;
  }

  /** Goes with the service's state; what is being looked into is called off when the process ends or is stopped. */
  follow({ life, judgement, observation, endpoint }: ServiceState): void {
    if (life.kind !== "up") this.#callOff();
    if (!EXPLAINED.includes(judgement.reasonCode)) {
      if (judgement.verdict !== "starting") this.forget();
      return;
    }
    if (observation === null || life.kind !== "up" || this.#isEarly(observation, life.sinceMs)) return;
    this.#failing = wayOf(judgement.reasonCode, observation);
    const known = this.#known.get(this.#failing);
    if (known !== undefined) {
      this.diagnosis = known ?? this.diagnosis;
      return;
    }
    const evidence = { ...observation, pid: life.pid, latency: latencyOf(endpoint.tookMs) };
    this.#looking ??= new AbortController();
    void this.#look(this.#failing, evidence, this.#looking.signal);
  }

  /** From now on by this definition. `anew`: what was found is of another one. */
  edit(spec: ServiceSpec, anew: boolean): void {
    const before = this.#spec;
    this.#spec = spec;
    if (anew) return this.forget();
    const moved = (found: Diagnosis | null) => found && { ...found, where: placeNow(found.where, before, spec) };
    for (const [failing, found] of this.#known) this.#known.set(failing, moved(found));
    this.diagnosis = moved(this.diagnosis);
  }

  /** Looks anew at the next failure. */
  forget(): void {
    this.#callOff();
    this.#known.clear();
    this.diagnosis = null;
  }

  close(): void {
    this.#callOff();
  }

  /** Nobody listens yet: that needs no explanation while it starts. */
  #isEarly({ endpoint, startedMs }: Observation, sinceMs: number): boolean {
    return endpoint?.kind === "refused" && startedMs - sinceMs < this.#spec.check.startPeriodMs;
  }

  #callOff(): void {
    this.#looking?.abort();
    this.#looking = null;
  }

  async #look(failing: string, evidence: Evidence, calledOff: AbortSignal): Promise<void> {
    this.#known.set(failing, null);
    const diagnosis = await this.#diagnosisOf(evidence, calledOff);
    // Stopped meanwhile: it is looked into again in its next life.
    if (calledOff.aborted) {
      this.#known.delete(failing);
      return;
    }
    if (diagnosis === null) return;
    this.#known.set(failing, diagnosis);
    if (failing !== this.#failing) return;
    this.diagnosis = diagnosis;
    this.#told.say(`${this.#spec.name}: ${diagnosis.what} ${diagnosis.proof}`);
    this.#told.found();
  }

  /** Nothing that goes wrong in it may cost more than the explanation. */
  async #diagnosisOf(evidence: Evidence, calledOff: AbortSignal): Promise<Diagnosis | null> {
    try {
      const { diagnoseInTurn } = await import("../check/in-turn.ts");
      return await diagnoseInTurn(this.#spec, evidence, calledOff);
    } catch (error) {
      this.#told.say(`${this.#spec.name}: its endpoint could not be looked into: ${messageOf(error)}`);
      return null;
    }
  }
}

/** Where a line stands by now that stood there before. */
function placeNow(where: string | null, before: ServiceSpec, now: ServiceSpec): string | null {
  const old = placesOf(before).find(([, place]) => place === where);
  return placesOf(now).find(([name]) => name === old?.[0])?.[1] ?? where;
}

const placesOf = ({ endpoint, wheres, where }: ServiceSpec): [string, string][] => [
  ...(endpoint === null ? [] : [["endpoint", endpoint.where] satisfies [string, string]]),
  ...Object.entries(wheres ?? {}),
  ["", where],
];

/** Two failures of one way have one explanation. */
function wayOf(reasonCode: ReasonCode, { endpoint, ports }: Observation): string {
  const status = endpoint !== null && "status" in endpoint ? endpoint.status : "";
  const closed = ports.filter(({ kind }) => kind === "closed").map(({ port }) => port);
  return [reasonCode === "unproven-port" ? "port" : "endpoint", endpoint?.kind ?? "", status, ...closed].join(" ");
}
