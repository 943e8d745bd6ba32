import { RESERVED_NAMES } from "@afloat/shared/config/resolve";

/** The longest name of a service, with room for a number behind it. */
const LIMIT = 56;

/** Legal names of services, each once, as near as possible to what they are called where they were found. */
export function namesOf(wanted: readonly string[]): string[] {
  const taken = new Set<string>();
  return wanted.map((each) => {
    const plain = each
      .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, LIMIT)
      .replace(/[^A-Za-z0-9]+$/, "");
    const base = plain === "" ? "app" : isTaken(plain) ? `${plain}-service` : plain;
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
    taken.add(name);
    return name;
  });
}

/** `all` means every service on the command line. */
const isTaken = (name: string) => RESERVED_NAMES.has(name.toLowerCase()) || name.toLowerCase() === "all";
