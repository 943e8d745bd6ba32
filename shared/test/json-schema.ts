import { toJsonSchema } from "@valibot/to-json-schema";
import { afloatYaml } from "../src/config.ts";

/**
 * The JSON Schema of afloat.yaml, for editors. What JSON Schema cannot say is left to `afloat` itself to find. Wherever a text would
 * be refused, one with a variable in it is taken: what it comes to is not known to an editor.
 */
export function jsonSchemaOfConfig(): object {
  const schema = toJsonSchema(afloatYaml, { typeMode: "input", errorMode: "ignore" });
  const plain: unknown = JSON.parse(JSON.stringify(schema));
  return { ...withVariables(plain), title: "afloat.yaml" };
}

const VARIABLE = { type: "string", pattern: String.raw`\$\{` };

function withVariables(schema: unknown): object {
  if (typeof schema !== "object" || schema === null) return {};
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === "properties") return [key, mapped(value)];
    if (key === "items" || key === "additionalProperties")
      return [key, typeof value === "object" ? withVariables(value) : value];
    if (key === "anyOf" && Array.isArray(value)) return [key, value.map((each: unknown) => withVariables(each))];
    return [key, value];
  });
  const whole = Object.fromEntries(entries);
  return refusesVariables(schema) ? { anyOf: [whole, VARIABLE] } : whole;
}

function mapped(properties: unknown): object {
  const all = Object.entries(typeof properties === "object" && properties !== null ? properties : {});
  return Object.fromEntries(all.map(([key, value]) => [key, withVariables(value)]));
}

/** Numbers, booleans, words from a list, and texts of a certain form. */
function refusesVariables(schema: object): boolean {
  const { type, pattern, enum: words } = { type: null, pattern: null, enum: null, ...schema };
  return type === "number" || type === "integer" || type === "boolean" || pattern !== null || words !== null;
}
