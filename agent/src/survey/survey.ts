import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fromCompose } from "./core/compose.ts";
import { type Found, mention } from "./core/found.ts";
import { joined } from "./core/joined.ts";
import { fromPackageJson } from "./core/package-json.ts";
import { fromPm2 } from "./core/pm2.ts";
import { fromProcfile } from "./core/procfile.ts";
import type { Survey } from "./core/proposal-text.ts";
import { fromManagePy, fromPyproject } from "./core/python.ts";
import { matched } from "./core/running.ts";
import { fromSupervisord } from "./core/supervisord.ts";
import { answeringPath } from "./health-path.ts";
import { whoListens } from "./listening.ts";
import { readBounded } from "./read-bounded.ts";

/** Looks around in a folder and at what listens on this host. Runs nothing, changes nothing; calls only what is of a proposed service. */
export async function survey(dir: string): Promise<Survey> {
  const found = surveyFiles(dir);
  const { services, matches, others } = matched(found, whoListens(), dir, (each) => resolve(dir, each));
  for (const { service, running } of matches) {
    const proposed = services[service];
    if (proposed === undefined) continue;
    const { path, note } = await answeringPath(running.port);
    const notes = [
      `pid ${running.pid} listens on ${running.port} now: ${running.command}`,
      ...(note === null ? [] : [note]),
    ];
    services[service] = { ...proposed, port: running.port, health: path, notes: [...proposed.notes, ...notes] };
  }
  return { services, mentions: found.mentions, listening: others };
}

const COMPOSE = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
const PM2 = [
  "ecosystem.config.cjs",
  "ecosystem.config.js",
  "ecosystem.config.mjs",
  "ecosystem.config.json",
  "pm2.json",
];
const SUPERVISORD = ["supervisord.conf", "supervisor.conf", "etc/supervisord.conf"];

function surveyFiles(dir: string): Found {
  const files = new Set(list(dir));
  const folder = basename(dir);
  const read = (names: readonly string[], parse: (text: string, file: string) => Found): Found[] =>
    names.flatMap((name) => {
      const text = readBounded(join(dir, name));
      if (text === null) return [];
      return [typeof text === "string" ? parse(text, name) : mention(name, text.why)];
    });
  const named = [...read(["Procfile"], fromProcfile), ...read(PM2, fromPm2), ...read(SUPERVISORD, fromSupervisord)];
  const guessed = [
    ...read(["package.json"], (text) => fromPackageJson(text, files, folder)),
    ...read(["manage.py"], (text) => fromManagePy(text, files, folder)),
    ...read(["pyproject.toml"], (text) => fromPyproject(text, files)),
  ];
  const others = read(COMPOSE, fromCompose);
  if (files.has(".env")) others.push(mention(".env", "its variables can be given to a service with: env_file: .env"));
  return joined([...named, ...others], guessed);
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    // Nothing can be found there.
    return [];
  }
}
