import { toJsonSchema } from "@valibot/to-json-schema";
import { afloatYaml } from "../src/config.ts";

/** The JSON Schema of afloat.yaml, for editors. What JSON Schema cannot say is left to `afloat` itself to find. */
export function jsonSchemaOfConfig(): object {
  const schema = toJsonSchema(afloatYaml, { typeMode: "input", errorMode: "ignore" });
  return { ...schema, title: "afloat.yaml" };
}
