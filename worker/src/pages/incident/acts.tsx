import type { Role } from "@afloat/shared/domain";
import { may } from "../../auth/roles.ts";
import { NOTE_CHARACTERS } from "../../incidents/core/window.ts";
import type { IncidentRead } from "../../incidents/read-incident.ts";

/** What a person can do about it, right where it is read; what ends something asks first. */
export function Acts({ read, role }: { read: IncidentRead; role: Role }) {
  const { incident, recorded } = read;
  if (incident.closedMs !== null) return null;
  return (
    <div class="acts">
      {may(role, "incident:acknowledge") && recorded.acknowledgement === null ? (
        <form method="post" action={`/app/incident/${incident.id}/acknowledge`}>
          <button class="strong">Acknowledge: I look after it</button>
        </form>
      ) : null}
      {may(role, "service:restart") ? <Restart read={read} /> : null}
      {may(role, "silence:edit") ? <a href={`/app/silences?incident=${incident.id}#silence`}>Silence …</a> : null}
    </div>
  );
}

/** Where its host allows it from afar. */
function Restart({ read: { incident, host, service } }: { read: IncidentRead }) {
  if (host === null || host.revokedMs !== null || !host.remote.includes("restart")) return null;
  if (service === null || service.removedMs !== null) return null;
  const { name } = service.snapshot;
  return (
    <details class="ask" data-fold="restart">
      <summary>Restart …</summary>
      <form method="post" action={`/app/incident/${incident.id}/restart`}>
        <p>
          <b>{name}</b> on {host.name} is stopped and started again. Its steps appear below.
        </p>
        <button class="strong">Restart {name}</button>
      </form>
    </details>
  );
}

/** Whoever knows something writes it down for the next one. */
export function NoteForm({ id, typed, fault }: { id: string; typed: string; fault: string | null }) {
  return (
    <form method="post" action={`/app/incident/${id}/notes`} class="note" id="note">
      <label for="text">
        Write a note
        <textarea id="text" name="text" rows={3} required maxlength={NOTE_CHARACTERS}>
          {typed}
        </textarea>
        {fault === null ? null : (
          <span class="out" data-fault="text">
            {fault}
          </span>
        )}
      </label>
      <button>Add it</button>
    </form>
  );
}
