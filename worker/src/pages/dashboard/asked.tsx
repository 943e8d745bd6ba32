import { stepsWords } from "../../incidents/core/steps-words.ts";
import type { CommandView, HostView } from "../../live.ts";
import { clockWords } from "./clock-words.ts";
import { hasEnded, type Model } from "./model.ts";

/** What was asked of hosts within the last minutes: by whom, of whom, and each step with its time and its reason. */
export function AskedLately({ model }: { model: Model }) {
  const { commands, hosts } = model.fleet;
  if (commands.length === 0) return null;
  return (
    <>
      <h2>Asked lately</h2>
      <ul class="quiet-list">
        {commands.map((command) => (
          <Line key={command.id} {...{ command, host: hosts.find(({ id }) => id === command.hostId) }} />
        ))}
      </ul>
    </>
  );
}

function Line({ command, host }: { command: CommandView; host: HostView | undefined }) {
  const { verb, service, by, steps } = command;
  const last = steps.at(-1);
  return (
    <li data-asked={command.id} data-ended={last?.step ?? "queued"}>
      {verb} <b>{service}</b> on {host?.name ?? "a host that was removed"}, by {by}{" "}
      <small>
        {stepWords(command)}
        {last === undefined || last.detail === "" ? "" : ` · ${last.detail}`}
      </small>
    </li>
  );
}

/** `17:03:05 UTC queued › delivered after 0.1 s › done after 1.4 s`: when it was asked, and how long after that each step came. */
function stepWords(command: CommandView): string {
  const [first] = command.steps;
  if (first === undefined) return "";
  return `${clockWords(first.atMs)} ${stepsWords(command.steps)}${hasEnded(command) ? "" : " › …"}`;
}
