import type { Child } from "hono/jsx";

interface FieldProps {
  name: string;
  label: string;
  fault: string | undefined;
  children: Child;
}

/** Something to fill in, with what is wrong with it beside it. */
export function Field({ name, label, fault, children }: FieldProps) {
  return (
    <label for={name} class={fault === undefined ? "" : "wrong"}>
      {label}
      {children}
      {fault === undefined ? null : (
        <span class="out" data-fault={name}>
          {fault}
        </span>
      )}
    </label>
  );
}
