import type { Role } from "@afloat/shared/domain";
import { may } from "../../auth/roles.ts";
import { NOTE_CHARACTERS } from "../../incidents/core/window.ts";
import type { IncidentRead } from "../../incidents/read-incident.ts";

/** What a person can do about it, right where it is read. */
export function Acts({ read: { incident, recorded }, role }: { read: IncidentRead; role: Role }) {
  if (incident.closedMs !== null || !may(role, "silence:edit")) return null;
  const mayAcknowledge = recorded.acknowledgement === null && may(role, "incident:acknowledge");
  return (
    <div class="acts">
      {mayAcknowledge ? (
        <form method="post" action={`/app/incident/${incident.id}/acknowledge`}>
          <button>I look after it</button>
        </form>
      ) : null}
      <a href={`/app/silences?incident=${incident.id}#silence`}>Silence …</a>
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
