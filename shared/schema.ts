import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { jsonSchemaOfConfig } from "./test/json-schema.ts";

/** `pnpm --filter @afloat/shared schema` writes afloat.schema.json anew from the schema in src/config.ts. */
const path = fileURLToPath(new URL("./afloat.schema.json", import.meta.url));
writeFileSync(path, `${JSON.stringify(jsonSchemaOfConfig(), null, 2)}\n`);
