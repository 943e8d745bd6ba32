import { changedEnv, changedOfHost, type ReloadPlan } from "@afloat/shared/core/reload-plan";
import { HOST_SETTINGS, SERVICE_SETTINGS, type ServiceSetting } from "@afloat/shared/core/reload-settings";
import type { HostSpec } from "@afloat/shared/spec";
import type { PlanShown, StepShown } from "../control/protocol.ts";

const NO_ENV = { added: [], changed: [], removed: [] };

/** A plan as it is shown: names of settings and variables, no values. */
export function shownPlan(now: HostSpec, plan: ReloadPlan): PlanShown {
  const known = new Map(now.services.map((spec) => [spec.name, spec]));
  const services = plan.steps.flatMap((step): StepShown[] => {
    const { kind, service } = step;
    if (kind === "move") return [];
    if (kind === "stop" || kind === "start") return [{ kind, service, settings: [], env: NO_ENV }];
    const env = changedEnv(known.get(service)?.env ?? {}, step.spec.env);
    return [{ kind, service, settings: wordsOf(step.settings), env }];
  });
  const host = changedOfHost(plan).flatMap((name) => {
    const { word, takes } = HOST_SETTINGS[name];
    return takes === "nothing" ? [] : [{ setting: word, takes }];
  });
  const started = services.filter(({ kind }) => kind !== "stop").length;
  return { services, host, unchanged: plan.order.length - started };
}

/** Each word once: `health, port`. */
export function settingWords(settings: readonly ServiceSetting[]): string {
  return wordsOf(settings).join(", ");
}

/** A plan in one line: `start cache; restart web; remote changed; 3 unchanged`. */
export function summaryOf({ services, host, unchanged }: PlanShown): string {
  const parts = (["stop", "start", "restart", "change"] as const).flatMap((kind) => {
    const names = services.filter((step) => step.kind === kind).map(({ service }) => service);
    return names.length === 0 ? [] : [`${kind} ${names.join(", ")}`];
  });
  return [...parts, ...host.map(({ setting }) => `${setting} changed`), `${unchanged} unchanged`].join("; ");
}

const wordsOf = (settings: readonly ServiceSetting[]) => [
  ...new Set(settings.map((name) => SERVICE_SETTINGS[name].word)),
];
