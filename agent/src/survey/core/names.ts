/** The longest name of a service, with room for a number behind it. */
const LIMIT = 56;

/** What names of objects are made of in JavaScript, which no service may be called. */
const RESERVED = new Set(["constructor", "prototype", "all"]);

/** Legal names of services, each once, as near as possible to what they are called where they were found. */
export function namesOf(wanted: readonly string[]): string[] {
  const taken = new Set<string>();
  return wanted.map((each) => {
    const plain = each
      .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, LIMIT)
      .replace(/[^A-Za-z0-9]+$/, "");
    const base = plain === "" ? "app" : RESERVED.has(plain.toLowerCase()) ? `${plain}-service` : plain;
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
    taken.add(name);
    return name;
  });
}
