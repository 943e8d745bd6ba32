import type { AnyKind } from "../channels/channel-kind.ts";
import { faultOfUrl, type Reach } from "../outgoing/core/destination.ts";

const NAME_LIMIT = 100;

/** What was typed into a channel's form. */
export type TypedChannel = Record<string, string>;

export type ReadForm =
  | { kind: "settings"; name: string; values: Record<string, unknown> }
  /** By the name of the field; the first of each. */
  | { kind: "faults"; faults: Record<string, string> };

/** The texts of a form; what is no text is left out. */
export async function typedBy(request: Request): Promise<TypedChannel> {
  const entries = [...(await request.formData()).entries()];
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (typeof value === "string" ? [[name, value.trim()]] : [])),
  );
}

/**
 * Name and settings of what was typed, beside what is known already (what was made by us, or stored before). A secret that is left empty
 * stays as it is.
 */
export function readForm(kind: AnyKind, typed: TypedChannel, known: Record<string, unknown>, reach: Reach): ReadForm {
  const faults: Record<string, string> = {};
  const name = typed["name"] ?? "";
  if (name === "" || name.length > NAME_LIMIT) faults["name"] = `expected a name of 1 to ${NAME_LIMIT} characters`;
  const values = { ...known };
  for (const field of kind.fields) {
    const text = typed[field.name] ?? "";
    if (text === "" && kind.secrets.includes(field.name) && known[field.name] !== undefined) continue;
    values[field.name] = text;
    if (text === "" && field.required) faults[field.name] = "expected something here";
    else if (field.type === "url" && text !== "") {
      const fault = faultOfUrl(text, reach);
      if (fault !== null) faults[field.name] = fault;
    }
    const fault = faults[field.name] === undefined ? (kind.faultsOf(values)[field.name] ?? null) : null;
    if (fault !== null) faults[field.name] = fault;
  }
  return Object.keys(faults).length === 0 ? { kind: "settings", name, values } : { kind: "faults", faults };
}
