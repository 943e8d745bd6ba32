import { defineConfig } from "drizzle-kit";

/** `pnpm --filter @afloat/worker migration NAME` writes the next file of drizzle/ from the schema. */
export default defineConfig({
  dialect: "sqlite",
  schema: [
    "./src/db/schema.ts",
    "./src/db/alert-schema.ts",
    "./src/db/maintenance-schema.ts",
    "./src/db/auth-schema.ts",
  ],
  out: "./drizzle",
});
