import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { webhookJsonSchema } from "./test/webhook-format.ts";

/** `pnpm --filter @afloat/worker schema` writes docs/webhook.schema.json anew. */
const path = fileURLToPath(new URL("../docs/webhook.schema.json", import.meta.url));
writeFileSync(path, `${JSON.stringify(webhookJsonSchema(), null, 2)}\n`);
