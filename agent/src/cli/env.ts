import type { Place } from "./place.ts";
import { environmentOf, oneService, statusIfAny } from "./one-service.ts";
import { hidesSecret } from "./core/secret.ts";

interface EnvOptions {
  showSecrets?: boolean;
  json?: boolean;
}

/** `afloat env web`: the environment that it really has, or would get. Throws ConfigError. */
export async function env(place: Place, asked: string, options: EnvOptions): Promise<number> {
  const one = oneService(place, asked);
  const found = "fault" in one ? one : environmentOf(one.spec, await statusIfAny(place));
  if ("fault" in one || "fault" in found) {
    console.error("fault" in found ? found.fault : "");
    return 2;
  }
  const { secretFiles } = one.spec;
  const variables = Object.entries(found.variables)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const isSecret = Object.hasOwn(secretFiles, name) || hidesSecret(name, value);
      const hidden = options.showSecrets !== true && isSecret;
      return { name, value: hidden ? null : value, hidden };
    });
  const { pid } = found;
  if (options.json === true) {
    console.log(JSON.stringify({ service: one.spec.name, pid, variables }));
    return 0;
  }
  for (const { name, value } of variables) console.log(`${name}=${value === null ? "[hidden]" : inOneLine(value)}`);
  const hidden = variables.filter((each) => each.hidden).length;
  const whose = pid === null ? "does not run: this is what it would get" : `has this as pid ${pid}`;
  console.error(`(${one.spec.name} ${whose}${hidden === 0 ? "" : `; ${hidden} hidden, shown by --show-secrets`})`);
  return 0;
}

/** A value with line breaks or the like is quoted. */
const inOneLine = (value: string) => (/\p{Cc}/u.test(value) ? JSON.stringify(value) : value);
