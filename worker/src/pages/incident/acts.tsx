import { NOTE_CHARACTERS } from "../../incidents/core/window.ts";

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
