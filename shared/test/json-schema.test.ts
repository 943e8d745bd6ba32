import { expect, it } from "vitest";
import written from "../afloat.schema.json" with { type: "json" };
import { jsonSchemaOfConfig } from "./json-schema.ts";

it("the JSON Schema for editors is in step with what afloat itself accepts (pnpm --filter @afloat/shared schema)", () => {
  expect(written).toEqual(JSON.parse(JSON.stringify(jsonSchemaOfConfig())));
});

it("it names the words of a service and refuses others", () => {
  expect(JSON.stringify(written)).toContain('"depends_on"');
  expect(JSON.stringify(written)).toContain('"additionalProperties":false');
});
