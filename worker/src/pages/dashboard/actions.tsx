import type { Verb } from "@afloat/shared/domain";
import type { CommandView, HostView, ServiceView } from "../../live.ts";
import { type Acts, hasEnded, type Model, shownCommand } from "./model.ts";
import { allowWords, type Choice, choicesOf, consequence, isAskedFirst, whyNot } from "./verbs.ts";

interface ActionsProps {
  host: HostView;
  service: ServiceView;
  model: Model;
  acts: Acts;
  /** A service may be shown twice on one page; only one of its menus is open. */
  place: "row" | "trouble";
}

/** The Restart button and the menu of what else may be asked; once pressed, the question; once answered, the steps. */
export function Actions(props: ActionsProps) {
  const { host, service, model, acts } = props;
  const { snapshot } = service;
  const command = shownCommand(model, host.id, snapshot.name);
  if (command !== null && (!hasEnded(command) || model.mayAsk.length === 0)) return <Steps command={command} />;
  if (model.mayAsk.length === 0) return null;
  if (model.asking?.id === service.id && model.asking.what !== "remove") {
    return <Question {...props} verb={model.asking.what} />;
  }
  const canRestart = whyNot("restart", host, snapshot, mayOf(model)) === null;
  return (
    <span class="acts">
      {command === null ? null : <Steps command={command} />}
      <Fault words={model.faults[service.id]} />
      {canRestart ? (
        <button
          data-restart={snapshot.name}
          data-asks={service.id}
          onClick={() => acts.ask(service.id, "restart")}
          disabled={model.staleSinceMs !== null}
        >
          Restart
        </button>
      ) : null}
      <More {...props} />
    </span>
  );
}

function Fault({ words }: { words: string | undefined }) {
  if (words === undefined) return null;
  return (
    <span class="steps">
      <span class="end-bad" role="alert">
        {words}
      </span>{" "}
    </span>
  );
}

function Question({ host, service, acts, verb }: ActionsProps & { verb: Verb }) {
  const { name } = service.snapshot;
  const label = labelOf(verb);
  return (
    <span class="steps" role="group" aria-label={`${label} ${name}?`}>
      {label} <b>{name}</b> on {host.name}? {consequence(verb)}{" "}
      <span class="answers">
        <button class="strong" data-confirm={verb} onClick={() => acts.order(host.id, name, verb)}>
          {label}
        </button>{" "}
        <button data-leave onClick={() => acts.leave()}>
          Leave it
        </button>
      </span>
    </span>
  );
}

const labelOf = (verb: Verb) => verb[0]?.toUpperCase() + verb.slice(1);

const mayOf = ({ role, mayAsk }: Model) => ({ role, verbs: mayAsk });

/** The button that opens the menu, and the menu. Arrow keys move in it (client/keys.ts). */
function More({ host, service, model, acts, place }: ActionsProps) {
  const key = `${place}:${service.id}`;
  const { name } = service.snapshot;
  const isOpen = model.menu === key;
  return (
    <>
      <button
        class="more"
        data-more={name}
        aria-haspopup="menu"
        aria-expanded={isOpen ? "true" : "false"}
        aria-label={`More for ${name}`}
        onClick={() => acts.open(isOpen ? null : key)}
        disabled={model.staleSinceMs !== null}
      >
        ⋯
      </button>
      {isOpen ? <Menu {...{ host, service, model, acts }} /> : null}
    </>
  );
}

function Menu({ host, service, model, acts }: Omit<ActionsProps, "place">) {
  const allow = allowWords(host, model.mayAsk);
  const { name } = service.snapshot;
  const pick = ({ verb, why }: Choice) => {
    if (why !== null) return;
    if (isAskedFirst(verb)) acts.ask(service.id, verb);
    else acts.order(host.id, name, verb);
  };
  return (
    <div class="menu" role="menu" aria-label={`What may be asked of ${name}`}>
      {choicesOf(host, service.snapshot, mayOf(model)).map((choice) => (
        <button
          key={choice.verb}
          role="menuitem"
          tabindex={-1}
          data-verb={choice.verb}
          aria-disabled={choice.why === null ? "false" : "true"}
          onClick={() => pick(choice)}
        >
          <span>{choice.label}</span>
          <small>{choice.why ?? choice.hint}</small>
        </button>
      ))}
      {allow === null ? null : <p>{allow}</p>}
    </div>
  );
}

/** queued › delivered › running › done */
function Steps({ command }: { command: CommandView }) {
  const last = command.steps.at(-1);
  const ended = hasEnded(command);
  // What a look found stands under the service.
  const isLook = command.verb === "check" || command.verb === "logs";
  const isTold = last === undefined || last.detail === "" || (isLook && last.step === "done");
  return (
    <span class="steps" role="status" data-command={command.id} data-step={last?.step ?? "queued"}>
      {command.verb === "restart" ? null : <span class="verb">{command.verb}: </span>}
      {command.steps.map(({ step, atMs }, i) => (
        <span key={step} data-step-shown={step} title={new Date(atMs).toISOString()}>
          {i === 0 ? "" : " › "}
          {i === command.steps.length - 1 ? (
            <b class={ended ? (step === "done" ? "end-good" : "end-bad") : ""}>{step}</b>
          ) : (
            step
          )}
        </span>
      ))}
      {isTold ? null : ` · ${last.detail}`}
    </span>
  );
}
