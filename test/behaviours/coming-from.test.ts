import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { Host } from "./host.ts";

/** Every example of docs/coming-from.md runs, and is what `afloat init` makes of the file beside it where that says as much. */

const PAGE = readFileSync(new URL("../../docs/coming-from.md", import.meta.url), "utf8");
const SERVER = `require("node:http").createServer((request, response) => {
  response.writeHead(request.url === "/healthz" ? 200 : 404).end();
}).listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
process.on("SIGINT", () => process.exit(0));
`;

let host: Host;
afterEach(() => host.end());

interface Example {
  from: string;
  /** What it was, and what it is here. */
  before: { name: string; text: string };
  after: string;
}

function examples(): Example[] {
  const sections = PAGE.split(/^## From /m).slice(1);
  if (sections.length !== 3) throw new Error(`expected three sections, got ${sections.length}`);
  return sections.map((section) => {
    const [before, after] = [...section.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, text = ""]) => text);
    const name = /^(?:\/\/|#|;) (\S+)\n/.exec(before ?? "")?.[1];
    if (name === undefined || after === undefined) throw new Error(`expected two examples: ${section.slice(0, 40)}`);
    return { from: section.split("\n")[0] ?? "", before: { name, text: before ?? "" }, after };
  });
}

/** A folder with the programs of the examples, on ports that are free here. */
async function folder(): Promise<(text: string) => string> {
  host = new Host("");
  const port = await claimPorts();
  for (const [name, text] of Object.entries({
    "server.js": SERVER,
    "worker.js": "setInterval(() => {}, 1e6);\n",
    "migrate.js": 'console.log("migrated");\n',
    "package.json": '{ "type": "commonjs" }\n',
  }))
    writeFileSync(join(host.dir, name), text);
  mkdirSync(join(host.dir, "jobs"));
  return (text) => text.replaceAll("3000", String(port));
}

describe.each(examples())("coming from $from", ({ before, after }) => {
  it("the example is a configuration without mistakes and warnings, and everything of it comes up", async () => {
    const here = await folder();
    writeFileSync(join(host.dir, "afloat.yaml"), here(after));
    const read = await host.afloat("config");
    expect(read).toMatchObject({ code: 0, err: "" });
    const up = await host.afloat("up", "--daemon");
    expect(up.code, up.out + up.err).toBe(0);
    for (const { name, verdict } of (await host.status())?.services ?? [])
      expect(verdict, name).toBe(name === "migrate" ? "completed" : "healthy");
    expect((await host.afloat("check")).code).toBe(0);
  });

  it("afloat init reads the old file and finds the services in it", async () => {
    const here = await folder();
    writeFileSync(join(host.dir, before.name), here(before.text));
    const found = await host.afloat("init", "--json");
    expect(found.code, found.err).toBe(0);
    expect(found.out).toContain("node server.js");
  });
});
