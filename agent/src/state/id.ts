import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { readJson, writeJson } from "./files.ts";

/** Names a state folder in the environment of all that is started from it; born with it. */
export function stateIdOf(stateDir: string): string {
  const known = savedStateId(stateDir);
  if (known !== null) return known;
  const id = randomBytes(6).toString("hex");
  writeJson(pathOf(stateDir), id);
  return id;
}

/** The same, where the folder has one already; null where no agent was ever here. */
export function savedStateId(stateDir: string): string | null {
  const known = readJson(pathOf(stateDir), () => {});
  return typeof known === "string" && /^[a-z0-9]{12}$/.test(known) ? known : null;
}

const pathOf = (stateDir: string) => join(stateDir, "id.json");
