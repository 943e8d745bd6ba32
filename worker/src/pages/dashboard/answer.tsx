import type { HostView, ServiceView } from "../../live.ts";
import { clockWords } from "./clock-words.ts";
import { type Acts, answerOf, type Model } from "./model.ts";

interface AnswerProps {
  host: HostView;
  service: ServiceView;
  model: Model;
  acts: Acts;
}

/** What a look at the service brought, under its line, until it is closed. */
export function Answer({ host, service, model, acts }: AnswerProps) {
  const answer = answerOf(model, host.id, service);
  if (answer === null) return null;
  const { command, atMs, words, lines } = answer;
  const { name } = service.snapshot;
  return (
    <tr class="diag-row">
      <td />
      <td colspan={6}>
        <div class="diag answer" role="region" aria-label={`${command.verb} of ${name}`} data-answer={command.verb}>
          <div class="answer-head">
            <span>
              {words}{" "}
              <small>
                {command.verb}, asked by {command.by}, {clockWords(atMs)}
              </small>
            </span>
            <button
              class="quiet"
              onClick={() => acts.close(command.id)}
              aria-label={`Close the answer to ${command.verb}`}
            >
              Close
            </button>
          </div>
          {lines === null || lines.length === 0 ? null : (
            <pre tabindex={0} aria-label={`Last lines of ${name}`}>
              {lines.join("\n")}
            </pre>
          )}
        </div>
      </td>
    </tr>
  );
}
