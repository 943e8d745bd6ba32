import type { Child } from "hono/jsx";

/** Above a form with mistakes in it: read first, and shown first also where the form is far down. */
export const FAULTS = { class: "fault", role: "alert", tabindex: -1, autofocus: true } as const;

interface FieldProps {
  name: string;
  label: string;
  /** What may be written, below what is to be filled in. */
  hint?: Child;
  fault: string | undefined;
  children: Child;
}

/** Something to fill in, with what is wrong with it beside it. */
export function Field({ name, label, hint, fault, children }: FieldProps) {
  return (
    <label for={name} class={fault === undefined ? "" : "wrong"}>
      {label}
      {children}
      {hint === undefined || fault !== undefined ? null : <small>{hint}</small>}
      {fault === undefined ? null : (
        <span class="out" data-fault={name}>
          {fault}
        </span>
      )}
    </label>
  );
}
