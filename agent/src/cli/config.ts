import { groupsOf } from "@afloat/shared/config/groups";
import { type Plain, shownConfig } from "@afloat/shared/config/shown";
import { Document, isMap, isPair, isScalar, isSeq, visit } from "yaml";
import { ConfigError } from "../config/config-error.ts";
import { type Loaded, readHost } from "../config/load.ts";
import { originOf } from "../config/origins.ts";
import { warningLines, warningsIn } from "../config/surroundings.ts";
import { hideText, redactedWords } from "../redact.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";

export interface ConfigOptions {
  where?: boolean;
  json?: boolean;
}

/** `afloat config`: what is in force, as afloat.yaml would say it. Exit code 2 where the configuration has mistakes; warnings are none. */
export async function config(place: Place, asked: string[], options: ConfigOptions): Promise<number> {
  let loaded: Loaded;
  try {
    loaded = readHost(place.configFile);
  } catch (error) {
    if (options.json !== true || !(error instanceof ConfigError)) throw error;
    console.log(JSON.stringify({ errors: error.mistakes }));
    return 2;
  }
  const { spec, files } = loaded;
  const known = spec.services.map(({ name }) => name);
  const named = asked.length === 0 ? { names: known } : namedServices(asked, known, groupsOf(spec.services));
  if ("fault" in named) {
    console.error(named.fault);
    return 2;
  }
  const services = spec.services.filter(({ name }) => named.names.includes(name));
  const shown = shownConfig({ ...spec, services }, { text: hideText, words: redactedWords });
  const warnings = warningsIn(loaded).filter(
    ({ service }) => asked.length === 0 || service === null || isAmong(service, services),
  );
  if (options.json === true) {
    const where = options.where === true ? { where: origins(loaded, shown) } : {};
    const names = files.map(({ source }) => source.path);
    console.log(JSON.stringify({ files: names, profiles: spec.profiles, config: shown, ...where, warnings }));
    return 0;
  }
  process.stdout.write(yamlOf(loaded, shown, options.where === true));
  for (const line of warningLines(warnings)) console.error(line);
  return 0;
}

/** Warnings name a service as it is written. */
const isAmong = (name: string, services: Loaded["spec"]["services"]) =>
  services.some((service) => service.name === name || service.instance?.of === name);

function yamlOf(loaded: Loaded, shown: Record<string, Plain>, where: boolean): string {
  const document = new Document(shown);
  const names = loaded.files.map(({ source }) => source.file).join(", ");
  const profiles = loaded.spec.profiles.length === 0 ? "" : `; profiles: ${loaded.spec.profiles.join(", ")}`;
  document.commentBefore = ` What is in force, from ${names}${profiles}`;
  visit(document, {
    Pair: (_key, pair, path) => {
      if (isSeq(pair.value)) pair.value.flow = true;
      if (!where || isMap(pair.value)) return;
      const keys = [...path.filter((each) => isPair(each)), pair].map(({ key }) => String(key));
      if (isScalar(pair.value) || isSeq(pair.value)) pair.value.comment = ` ${originOf(loaded, keys)}`;
      // What is in a list has no place of its own.
      return visit.SKIP;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** For machines: where each value comes from, by its path. */
function origins(loaded: Loaded, node: Plain, keys: string[] = []): Record<string, string> {
  if (typeof node !== "object" || Array.isArray(node)) return { [keys.join(".")]: originOf(loaded, keys) };
  return Object.assign({}, ...Object.entries(node).map(([key, each]) => origins(loaded, each, [...keys, key])));
}
