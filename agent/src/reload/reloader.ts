import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import {
  afterReload,
  changedOfHost,
  planReload,
  type ReloadPlan,
  type ReloadStep,
} from "@afloat/shared/core/reload-plan";
import type { HostSetting } from "@afloat/shared/core/reload-settings";
import type { HostSpec, ServiceSpec } from "@afloat/shared/spec";
import type { AskOutcome, ControlRequest } from "../control/protocol.ts";
import type { Answer } from "../control/conversation.ts";
import { writeJson } from "../state/files.ts";
import { takeOver } from "../state/handed-over.ts";
import { specPathOf } from "../state/paths.ts";
import { forgetOverdue, noteOverdue } from "../supervisor/overdue.ts";
import type { Edit, Supervisor } from "../supervisor/supervisor.ts";
import { VERSION } from "../version.ts";
import { settingWords, shownPlan, summaryOf } from "./shown-plan.ts";

/** What a reload changes. */
export interface ReloadRooms {
  /** The specification in force: what the agent goes by. */
  force: { spec: HostSpec };
  stateDir: string;
  supervisor: Supervisor;
  logs: {
    add: (service: ServiceSpec) => void;
    edit: (service: string, log: ServiceSpec["log"]) => void;
    remove: (service: string) => Promise<void>;
  };
  link: { edited: (settings: readonly HostSetting[]) => void };
  say: (text: string) => void;
}

type Request = Extract<ControlRequest, { call: "reload" }>;

/** Brings what runs in line with another specification, one reload after the other: it plans, shows, and applies the difference. */
export class Reloader {
  readonly #rooms: ReloadRooms;
  #last: Promise<unknown> = Promise.resolve();
  /** Starts that go by a definition that is no more, until they are followed by another. */
  #overdue = new Map<string, number>();

  constructor(rooms: ReloadRooms) {
    this.#rooms = rooms;
  }

  /** Answers a request with a plan, or with what became of each service, and `done`. */
  async take({ afloat, file, apply, basis, by }: Request, answer: Answer): Promise<void> {
    const { stateDir, force } = this.#rooms;
    if (afloat !== VERSION) return answer({ kind: "error", code: "other-version", message: otherVersion(afloat) });
    const taken = takeOver(stateDir, file);
    if ("fault" in taken) return answer({ kind: "error", code: "bad-request", message: taken.fault });
    if (!apply) {
      const plan = planReload(force.spec, taken.spec);
      return answer({ kind: "plan", plan: shownPlan(force.spec, plan), basis: basisOf(force.spec) });
    }
    // Nobody needs it any more; the command may be gone before it can take it away.
    rmSync(join(stateDir, file), { force: true });
    const turn = this.#last.then(() => this.#apply(taken.spec, basis, by, answer));
    // Who asked is told of what went wrong; who comes next is not concerned.
    this.#last = turn.catch(() => {});
    const begun = await turn;
    if (begun === null) return;
    answer({ kind: "applied" });
    // Outside of the turn: the next reload may be what mends a service that does not come up.
    await Promise.all(begun.map(async (outcome) => answer({ kind: "outcome", outcome: await outcome })));
    this.#forgetDone();
    answer({ kind: "done" });
  }

  /** Resolves when nothing goes by the old definitions any more but what is on its way; the answers tell how that ends. */
  async #apply(
    spec: HostSpec,
    basis: string | null,
    by: string,
    answer: Answer,
  ): Promise<(Promise<AskOutcome> | AskOutcome)[] | null> {
    const { force, supervisor, logs, link, say } = this.#rooms;
    const refused = this.#refusal(basis);
    if (refused !== null) {
      answer({ kind: "error", code: "failed", message: refused });
      return null;
    }
    const before = force.spec;
    const plan = planReload(before, spec);
    const spawns = this.#spawns();
    this.#write(plan, spawns);
    say(`reload by ${by}: ${summaryOf(shownPlan(before, plan))}`);
    const stops = plan.steps.filter(({ kind }) => kind === "stop").map(({ service }) => service);
    await supervisor.retire(stops, (outcome) => answer({ kind: "outcome", outcome }));
    for (const name of stops) await logs.remove(name);
    const edits = plan.steps.filter(isEdit);
    await supervisor.edit(edits, plan.order, (settings) => `${settingWords(settings)} changed; reload by ${by}`);
    if (supervisor.isEnding) {
      answer({ kind: "error", code: "failed", message: "the agent is shutting down; its next start reads the file" });
      return null;
    }
    for (const step of edits)
      if (step.kind === "start") logs.add(step.spec);
      else logs.edit(step.service, step.spec.log);
    link.edited(changedOfHost(plan));
    return edits.flatMap((step) => this.#outcomeOf(step, spawns[step.service] ?? 0) ?? []);
  }

  #refusal(basis: string | null): string | null {
    const { supervisor, force } = this.#rooms;
    if (supervisor.isEnding) return "the agent is shutting down; its next start reads the file";
    if (basis !== null && basis !== basisOf(force.spec))
      return "somebody else reloaded meanwhile, so this plan is none any more and nothing was changed; look again: afloat reload";
    return null;
  }

  /** On disk before anything is done: whoever comes after us ends with the new specification, whole. Throws where the disk does not take it. */
  #write(plan: ReloadPlan, spawns: Record<string, number>): void {
    const { force, stateDir } = this.#rooms;
    const next = afterReload(force.spec, plan);
    this.#forgetDone();
    for (const { kind, service } of plan.steps)
      if (kind === "restart") this.#overdue.set(service, spawns[service] ?? 0);
    if (this.#overdue.size > 0) noteOverdue(stateDir, Object.fromEntries(this.#overdue));
    writeJson(specPathOf(stateDir), next);
    force.spec = next;
  }

  #forgetDone(): void {
    const spawns = this.#spawns();
    for (const [name, spawn] of this.#overdue) if (spawns[name] !== spawn) this.#overdue.delete(name);
    if (this.#overdue.size === 0) forgetOverdue(this.#rooms.stateDir);
  }

  #spawns(): Record<string, number> {
    const { services } = this.#rooms.supervisor;
    return Object.fromEntries([...services].map(([name, { state }]) => [name, state.spawn]));
  }

  #outcomeOf(step: Edit, spawnBefore: number): Promise<AskOutcome> | AskOutcome | null {
    const { supervisor } = this.#rooms;
    if (step.kind === "move") return null;
    if (step.kind !== "change") return supervisor.settled(step.service, step.kind === "restart", spawnBefore);
    const pid = supervisor.services.get(step.service)?.snapshot.pid ?? null;
    const detail = `goes by its new ${settingWords(step.settings)}${pid === null ? "" : `, still as pid ${pid}`}`;
    return { service: step.service, kind: "done", detail, pid };
  }
}

const isEdit = (step: ReloadStep): step is Edit => step.kind !== "stop";

/** What a plan was made for: another specification in force has another one. */
const basisOf = (spec: HostSpec) => createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 32);

const otherVersion = (afloat: string) =>
  `this agent is afloat ${VERSION}, the command is ${afloat}, and they may not mean the same by a file; start the agent anew with this command: kill ${process.pid} ends it and leaves the services running, afloat up --daemon takes them over`;
