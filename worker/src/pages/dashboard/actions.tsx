import type { CommandView, HostView, ServiceView } from "../../live.ts";
import { type Acts, hasEnded, type Model, shownCommand } from "./model.ts";

interface ActionsProps {
  host: HostView;
  service: ServiceView;
  model: Model;
  acts: Acts;
}

/** The Restart button; once pressed, the question; once answered, the steps, where the button was. */
export function Actions({ host, service, model, acts }: ActionsProps) {
  const { name } = service.snapshot;
  const command = shownCommand(model, host.id, name);
  if (command !== null) return <Steps command={command} />;
  const fault = model.faults[service.id];
  if (!model.mayCommand || !host.remote.includes("restart")) return null;
  if (model.asking === service.id) {
    return (
      <span class="steps" role="group" aria-label={`Restart ${name}?`}>
        Restart <b>{name}</b> on {host.name}?{" "}
        <button class="strong" data-confirm onClick={() => acts.order(host.id, name, "restart")}>
          Restart
        </button>{" "}
        <button onClick={() => acts.ask(null)}>Leave it</button>
      </span>
    );
  }
  return (
    <>
      {fault === undefined ? null : (
        <span class="steps">
          <span class="end-bad" role="alert">
            {fault}
          </span>{" "}
        </span>
      )}
      <button data-restart={name} onClick={() => acts.ask(service.id)} disabled={model.staleSinceMs !== null}>
        Restart
      </button>
    </>
  );
}

/** queued › delivered › running › done */
function Steps({ command }: { command: CommandView }) {
  const last = command.steps.at(-1);
  const ended = hasEnded(command);
  return (
    <span class="steps" role="status" data-command={command.id} data-step={last?.step ?? "queued"}>
      {command.steps.map(({ step }, i) => (
        <span key={step} data-step-shown={step}>
          {i === 0 ? "" : " › "}
          {i === command.steps.length - 1 ? (
            <b class={ended ? (step === "done" ? "end-good" : "end-bad") : ""}>{step}</b>
          ) : (
            step
          )}
        </span>
      ))}
      {last === undefined || last.detail === "" ? null : ` · ${last.detail}`}
    </span>
  );
}
