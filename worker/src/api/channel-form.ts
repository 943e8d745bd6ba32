import type { AnyKind, Field } from "../channels/channel-kind.ts";
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
 * stays as it is, as long as it goes where it went: who may edit an address is not shown the secret by sending it to himself.
 */
export function readForm(kind: AnyKind, typed: TypedChannel, known: Record<string, unknown>, reach: Reach): ReadForm {
  const faults: Record<string, string> = {};
  const name = typed["name"] ?? "";
  if (name === "" || name.length > NAME_LIMIT) faults["name"] = `expected a name of 1 to ${NAME_LIMIT} characters`;
  const values = { ...known };
  const isElsewhere = leadsElsewhere(kind, typed, known);
  for (const field of kind.fields) {
    const text = typed[field.name] ?? "";
    const isKept = text === "" && kind.secrets.includes(field.name) && known[field.name] !== undefined;
    if (!isKept) values[field.name] = text;
    const fault = isKept
      ? isElsewhere && "write it once more, since the address leads to another server now"
      : (faultOf(field, text, reach) ?? kind.faultsOf(values)[field.name]);
    if (typeof fault === "string") faults[field.name] = fault;
  }
  return Object.keys(faults).length === 0 ? { kind: "settings", name, values } : { kind: "faults", faults };
}

function faultOf({ type, required }: Field, text: string, reach: Reach): string | null {
  if (text === "") return required ? "expected something here" : null;
  return type === "url" ? faultOfUrl(text, reach) : null;
}

/** True where an address that everybody may see is another server's than it was. */
function leadsElsewhere(kind: AnyKind, typed: TypedChannel, known: Record<string, unknown>): boolean {
  const shown = kind.fields.filter(({ name, type }) => type === "url" && !kind.secrets.includes(name));
  return shown.some(({ name }) => known[name] !== undefined && originOf(known[name]) !== originOf(typed[name]));
}

function originOf(url: unknown): string | null {
  return typeof url === "string" && URL.canParse(url) ? new URL(url).origin : null;
}
