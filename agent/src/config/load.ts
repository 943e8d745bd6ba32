import { dirname, resolve } from "node:path";
import { dependencyFaults, serviceFaults, withInstances } from "@afloat/shared/config/faults";
import { writtenPath } from "@afloat/shared/config/resolve";
import { toHostSpec } from "@afloat/shared/host-spec";
import type { HostSpec, ServiceSpec, SourceFile } from "@afloat/shared/spec";
import { ConfigError } from "./config-error.ts";
import { type EnvFile, FileVariables } from "./environment.ts";
import { envFilesOf, readFiles, type ReadFile } from "./files.ts";
import { Mistakes } from "./mistakes.ts";
import type { Source } from "./source.ts";
import { readSource } from "./sources.ts";

export { ConfigError } from "./config-error.ts";

/** How a configuration is read, where not as it lies on the disk, by the environment of this process. */
export interface LoadOptions {
  /** Texts that are, or would be, in files, by their absolute paths. */
  texts?: ReadonlyMap<string, string>;
  environment?: NodeJS.ProcessEnv;
}

/** A configuration as it is in force, and what it was read from. */
export interface Loaded {
  spec: HostSpec;
  files: ReadFile[];
  /** What each service's env_file says, of which the last wins. */
  envFiles: ReadonlyMap<string, readonly EnvFile[]>;
}

/** Reads `afloat.yaml` and what it includes. Throws ConfigError with all mistakes at once. */
export function loadConfig(path: string, options: LoadOptions = {}): HostSpec {
  return readHost(path, options).spec;
}

/** The same, with what it was read from. Throws ConfigError. */
export function readHost(path: string, { texts, environment = process.env }: LoadOptions = {}): Loaded {
  const mistakes = new Mistakes();
  const main = resolve(path);
  const text = texts?.get(main);
  const read = text === undefined ? readMain(main) : { path: main, text, disk: [] };
  const files = readFiles(read, texts, new FileVariables(environment), mistakes);
  checkTogether(files, mistakes);
  mistakes.throwIfAny();
  const envFiles = new Map<string, EnvFile[]>();
  const hosts = files.map((file) => hostOf(file, envFiles, mistakes));
  const profiles = profilesOf(environment);
  const every = hosts.flatMap(({ services }) => services);
  const spec: HostSpec = {
    cloud: null,
    remote: [],
    // What is at the top of the main file.
    ...hosts[0],
    profiles,
    services: withInstances(every.filter((service) => belongs(service, profiles))),
  };
  const absent = new Map(
    every
      .filter((service) => !belongs(service, profiles))
      .flatMap(({ name, instance, profiles: its }) => [[name, its] as const, [instance?.of ?? name, its] as const]),
  );
  for (const { service, fault } of dependencyFaults(spec, absent)) {
    const file = fileOf(files, service);
    if (file !== undefined)
      mistakes.addLine(
        file.source,
        writtenPath(file.resolved, ["services", service, "depends_on"]),
        `${service} ${fault}`,
      );
  }
  mistakes.throwIfAny();
  return { spec: { ...spec, sources: sourcesOf(files, envFiles) }, files, envFiles };
}

/** The file that a service is written in. */
export function fileOf(files: readonly ReadFile[], service: string): ReadFile | undefined {
  return files.find(({ raw }) => raw !== null && Object.hasOwn(raw.services, service));
}

/** The main file. Throws ConfigError where there is none. */
function readMain(path: string): { path: string; text: string; disk: SourceFile[] } {
  try {
    const { text, source } = readSource(path);
    return { path, text, disk: [source] };
  } catch {
    throw new ConfigError([`${path}: there is no such file; write one with: afloat init`]);
  }
}

/** Every file that was read, each once: what is in force is compared with them. Secrets are no part of it. */
function sourcesOf(files: readonly ReadFile[], envFiles: ReadonlyMap<string, readonly EnvFile[]>): SourceFile[] {
  const all = [...files.flatMap(({ disk }) => disk), ...[...envFiles.values()].flat().map(({ disk }) => disk)];
  return all.filter(({ path }, i) => all.findIndex((each) => each.path === path) === i);
}

/** Which profiles are asked for, by AFLOAT_PROFILES: `dev,debug`. */
export function profilesOf(environment: NodeJS.ProcessEnv): string[] {
  const names = (environment["AFLOAT_PROFILES"] ?? "").split(/[\s,]+/);
  return [...new Set(names.filter((name) => name !== ""))];
}

/** What names no profile always belongs; `*` asks for all (as docker compose has it). */
const belongs = (service: ServiceSpec, profiles: readonly string[]) =>
  service.profiles.length === 0 || profiles.includes("*") || service.profiles.some((each) => profiles.includes(each));

/** What no file can know of the others. */
function checkTogether(files: readonly ReadFile[], mistakes: Mistakes): void {
  const places = new Map<string, { source: Source; keys: string[] }>();
  const [main, ...included] = files;
  for (const { source, resolved, raw } of files) {
    for (const { service, key, fault } of raw === null ? [] : serviceFaults(raw))
      mistakes.addLine(source, writtenPath(resolved, ["services", service, key]), `${service} ${fault}`);
    const taken = new Map<string, string[]>();
    for (const name of Object.keys(raw?.services ?? {})) {
      const keys = writtenPath(resolved, ["services", name]);
      taken.set(name, keys).set(keys[1] ?? name, keys);
    }
    for (const [name, keys] of taken) {
      const there = places.get(name);
      if (there === undefined) places.set(name, { source, keys });
      else mistakes.add(source, keys, `services.${name}: is there already, at ${there.source.whereOf(there.keys)}`);
    }
  }
  for (const { source } of included)
    for (const key of ["cloud", "cloud_ca", "remote", "metrics", "offline_after", "sleeps"])
      if (source.has([key]))
        mistakes.add(source, [key], `${key}: belongs into ${main?.source.file ?? "the main file"}`);
  if (main?.raw !== null && main !== undefined && !main.source.has(["services"]) && !main.source.has(["include"]))
    mistakes.add(main.source, ["services"], "services: is missing");
}

/** The parsed form of one file. */
function hostOf(file: ReadFile, envFiles: Map<string, EnvFile[]>, mistakes: Mistakes): HostSpec {
  const { source, resolved, raw } = file;
  const dir = dirname(source.path);
  const fileEnv = (service: string) => {
    const yaml = raw?.services[service];
    const written = typeof yaml === "object" ? yaml.env_file : undefined;
    const keys = writtenPath(resolved, ["services", service, "env_file"]);
    const read = written === undefined ? [] : envFilesOf(written, source, keys, mistakes);
    envFiles.set(service, read);
    return Object.fromEntries([...handedOn(file, service), ...read.flatMap(({ values }) => [...values])]);
  };
  return toHostSpec(raw ?? { services: {} }, {
    absolute: (path) => resolve(dir, path),
    whereOf: (keys) => source.whereOf(writtenPath(resolved, keys)),
    fileEnv,
    instances: resolved.instances,
  });
}

/** A line for the shell may name what the file's own env_file says: the shell gets it in the environment, and never as a part of the line. */
function handedOn({ resolved, variables }: ReadFile, service: string): [string, string][] {
  const names = resolved.lines.filter((line) => line.service === service).flatMap((line) => line.names);
  return names.flatMap(({ name }) => {
    const worth = variables.ofFiles(name);
    return worth === null || variables.lookup(name)?.from === "the environment"
      ? []
      : [[name, worth.value] as [string, string]];
  });
}
