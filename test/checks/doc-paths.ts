import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * A document that names a path, a `pnpm` script or an `afloat` command that does not exist is a lie found early.
 * Looked at: README.md and docs/*.md; paths in links and in `code` that begin with one of the four folders or docs/.
 */
export async function checkDocPaths(root: string): Promise<{ ok: boolean; output: string }> {
  const documents = [
    "README.md",
    ...(await readdir(join(root, "docs"))).filter(isMarkdown).map((name) => `docs/${name}`),
  ];
  const known = { scripts: await scriptsOf(root), commands: await commandsOf(root) };
  const faults: string[] = [];
  for (const document of documents) {
    const lines = (await readFile(join(root, document), "utf8")).split("\n");
    lines.forEach((line, i) => {
      for (const fault of faultsOf(line, dirname(join(root, document)), root, known)) {
        faults.push(`${document}:${i + 1}: ${fault}`);
      }
    });
  }
  return { ok: faults.length === 0, output: faults.join("\n") };
}

const isMarkdown = (name: string) => name.endsWith(".md");

interface Known {
  scripts: Set<string>;
  commands: Set<string>;
}

function faultsOf(line: string, dir: string, root: string, known: Known): string[] {
  const faults: string[] = [];
  for (const [, target] of line.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
    if (target !== undefined && !/^[a-z]+:/.test(target) && !existsSync(join(dir, target))) {
      faults.push(`links to ${target}, which does not exist`);
    }
  }
  for (const [, path] of line.matchAll(/`((?:agent|worker|shared|test|docs|\.ci)\/[\w./-]*)`/g)) {
    if (path !== undefined && !existsSync(join(root, path))) faults.push(`names ${path}, which does not exist`);
  }
  for (const [, script] of line.matchAll(/`(?:npx -y pnpm@12|pnpm) ([a-z:]+)/g)) {
    if (script !== undefined && !known.scripts.has(script))
      faults.push(`names the script ${script}, which does not exist`);
  }
  for (const [, command] of line.matchAll(/`afloat ([a-z]+)/g)) {
    if (command !== undefined && !known.commands.has(command)) {
      faults.push(`names the command afloat ${command}, which does not exist`);
    }
  }
  return faults;
}

async function scriptsOf(root: string): Promise<Set<string>> {
  const scripts = new Set(["install", "exec"]);
  const manifests = [
    "package.json",
    ...["agent", "worker", "shared", "test"].map((folder) => `${folder}/package.json`),
  ];
  for (const manifest of manifests) {
    const parsed: unknown = JSON.parse(await readFile(join(root, manifest), "utf8"));
    if (typeof parsed !== "object" || parsed === null || !("scripts" in parsed)) continue;
    for (const name of Object.keys(Object(parsed.scripts))) scripts.add(name);
  }
  return scripts;
}

/** Each command of the agent is one `.command("name …")` in agent/src/command-line. */
async function commandsOf(root: string): Promise<Set<string>> {
  const commands = new Set<string>(["help"]);
  const folder = join(root, "agent/src/command-line");
  for (const file of await readdir(folder)) {
    const source = await readFile(join(folder, file), "utf8");
    for (const [, name] of source.matchAll(/(?:\.command\(|name: |\[)\s*"([a-z]+)/g))
      if (name !== undefined) commands.add(name);
  }
  return commands;
}
