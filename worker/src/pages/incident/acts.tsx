import type { Role } from "@afloat/shared/domain";
import { may } from "../../auth/roles.ts";
import { NOTE_CHARACTERS } from "../../incidents/core/window.ts";
import type { IncidentRead } from "../../incidents/read-incident.ts";

/** What a person can do about it, right where it is read. */
export function Acts({ read: { incident, recorded }, role }: { read: IncidentRead; role: Role }) {
  if (incident.closedMs !== null) return null;
  const mayAcknowledge = may(role, "incident:acknowledge") && recorded.acknowledgement === null;
  const maySilence = may(role, "silence:edit");
  if (!mayAcknowledge && !maySilence) return null;
  return (
    <div class="acts">
      {mayAcknowledge ? (
        <form method="post" action={`/app/incident/${incident.id}/acknowledge`}>
          <button class="strong">Acknowledge: I look after it</button>
        </form>
      ) : null}
      {maySilence ? <a href={`/app/silences?incident=${incident.id}#silence`}>Silence …</a> : null}
    </div>
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
