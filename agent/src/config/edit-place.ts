import type { Edit } from "../check/remedy.ts";
import { fileOf, type Loaded } from "./load.ts";
import type { Source } from "./source.ts";

/** The file that an edit of a service belongs into, or why no file can take it. */
export function placeOfEdit({ spec, files }: Loaded, { path }: Edit): { source: Source } | { refused: string } {
  const name = path[1] ?? "";
  const file = fileOf(files, name);
  if (file === undefined) return { refused: "it is in no file of this configuration" };
  const of = spec.services.find((service) => service.name === name)?.instance?.of;
  if (of !== undefined)
    return { refused: `it is an instance of ${of}, and what is written there holds for all of them` };
  return { source: file.source };
}
