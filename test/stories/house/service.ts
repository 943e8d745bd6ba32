import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../demo/services/aurora.mjs", import.meta.url));

/** A real HTTP service as a part of afloat.yaml: it answers `/healthz`, and 404 everywhere else. */
export function serviceOn(name: string, port: number, more: string): string {
  return `  ${name}:
    command: [node, ${JSON.stringify(program)}]
    env: { NAME: aurora-backend, PORT: "${port}" }
    port: ${port}
    ${more}
`;
}
