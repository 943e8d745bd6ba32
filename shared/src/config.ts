import { Cron } from "croner";
import * as v from "valibot";
import { processEntries } from "./config/process.ts";
import { INSTANCES_LIMIT, PORT_RANGE } from "./config/instances.ts";
import { parseDuration } from "./core/duration.ts";
import { isOfflineAfter } from "./core/offline-after.ts";
import { parseSize } from "./core/size.ts";
import { DEPENDENCY_CONDITIONS, RESTART_ON, RESTART_POLICIES, STOP_SIGNALS, VERBS } from "./domain.ts";
import { serviceName } from "./wire.ts";

/** `afloat.yaml` as people write it: short things short. `toHostSpec` (host-spec.ts) makes the parsed form of it. */

const duration = v.pipe(
  v.string("a duration like 500ms, 10s, 5m or 1h"),
  v.check((text) => parseDuration(text) !== null, "a duration like 500ms, 10s, 5m or 1h"),
);
const port = v.pipe(v.number("a port from 1 to 65535"), v.integer(), v.minValue(1), v.maxValue(65_535));
const whole = v.pipe(v.number("a whole number"), v.integer("a whole number"), v.minValue(1, "1 or more"));
const line = v.pipe(v.string(), v.minLength(1, "a command"));
const word = v.pipe(v.union([v.string(), v.number()]), v.transform(String));
const command = v.union([line, v.pipe(v.array(word), v.minLength(1))], "a command: a line, or a list of words");
const size = v.pipe(
  v.string("a size like 500KB, 10MB or 1GB"),
  v.check((text) => parseSize(text) !== null, "a size like 500KB, 10MB or 1GB"),
);
const cron = v.pipe(
  v.string('a time like "0 4 * * *" or @daily'),
  v.check(
    (text) => isCron(text),
    'a time that comes, in five fields (minute hour day month weekday) like "0 4 * * *", or @daily',
  ),
);
const timezone = v.pipe(
  v.string(),
  v.check((name) => isTimezone(name), "a time zone like Europe/Vienna"),
);
const paths = v.union([line, v.pipe(v.array(line), v.minLength(1))], "a path, or a list of paths");

/** A name or a number, as passwd(5) has them; nothing that another program could take for an option. */
const account = v.pipe(word, v.regex(/^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$/, "a name or a number"));
const path = v.pipe(
  v.string(),
  v.regex(/^(\/|https?:\/\/)/, "a path like /health, or a URL"),
  v.check((text) => isAddress(text), "a path like /health, or a URL"),
);
const grpc = v.pipe(
  v.string(),
  v.regex(
    /^(\/|grpcs?:\/\/)/,
    "/ for the whole server, /my.Service, or an address like grpc://localhost:50051/my.Service",
  ),
  v.check((text) => isAddress(text.replace(/^grpc/, "http")), "an address like grpc://localhost:50051/my.Service"),
);
const statuses = v.union(
  [
    v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
    v.pipe(v.string(), v.regex(/^[2-5]\d\d-[2-5]\d\d$/)),
  ],
  "a status like 204, or a range like 200-399",
);
const pattern = v.pipe(
  v.string("a regular expression"),
  v.check((text) => isPattern(text), "a regular expression"),
);
const headers = v.record(
  v.pipe(v.string(), v.regex(/^[\w!#$%&'*+.^`|~-]+$/, "a header's name")),
  v.pipe(v.string("text in one line"), v.regex(/^[^\r\n\0]*$/, "text in one line")),
);

const health = v.union(
  [
    path,
    v.strictObject({
      http: v.optional(path),
      grpc: v.optional(grpc),
      command: v.optional(command),
      socket: v.optional(line),
      method: v.optional(v.picklist(["GET", "HEAD", "POST", "OPTIONS"])),
      headers: v.optional(headers),
      expect: v.optional(v.union([statuses, v.array(statuses)], "a status like 204, a range like 200-399, or a list")),
      body: v.optional(pattern),
      tls: v.optional(v.strictObject({ ca: v.optional(line), verify: v.optional(v.boolean()) })),
      interval: v.optional(duration),
      timeout: v.optional(duration),
      start_period: v.optional(duration),
      start_timeout: v.optional(duration),
      failure_threshold: v.optional(whole),
      restart_on: v.optional(v.picklist(RESTART_ON)),
      futile_after: v.optional(whole),
      stop_timeout: v.optional(duration),
    }),
  ],
  "a path like /health, a URL, or { http: /health, interval: 10s, … }",
);

const env = v.record(
  v.string(),
  v.union(
    [
      v.pipe(v.string(), v.regex(/^[^\0]*$/)),
      v.number(),
      v.boolean(),
      v.strictObject({ file: v.pipe(v.string("a path"), v.minLength(1, "a path")) }),
    ],
    "a text, a number, or { file: /run/secrets/name }",
  ),
);
const envFile = v.union(
  [
    line,
    v.strictObject({ path: line, required: v.optional(v.boolean()) }),
    v.array(v.union([line, v.strictObject({ path: line, required: v.optional(v.boolean()) })])),
  ],
  "a path, { path: .env, required: false }, or a list of these",
);
const groupName = v.pipe(
  v.string("a name"),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a name of letters, digits, dots, dashes and underscores"),
);

const service = v.union(
  [
    line,
    v.strictObject({
      command,
      forks: v.optional(v.boolean()),
      user: v.optional(account),
      group: v.optional(account),
      ...processEntries,
      cwd: v.optional(v.string()),
      env: v.optional(env),
      env_file: v.optional(envFile),
      groups: v.optional(v.array(groupName)),
      profiles: v.optional(v.array(groupName)),
      instances: v.optional(
        v.pipe(
          v.number("a whole number"),
          v.integer("a whole number"),
          v.minValue(1, "1 or more"),
          v.maxValue(INSTANCES_LIMIT, `${INSTANCES_LIMIT} at most`),
        ),
      ),
      port: v.optional(
        v.union(
          [port, v.pipe(v.string(), v.regex(PORT_RANGE, "a port from 1 to 65535, or a range like 5001-5003"))],
          "a port from 1 to 65535, or a range like 5001-5003",
        ),
      ),
      ports: v.optional(v.array(port)),
      port_owner: v.optional(v.picklist(["own", "any"])),
      health: v.optional(health),
      depends_on: v.optional(
        v.union(
          [v.array(v.string()), v.record(v.string(), v.picklist(DEPENDENCY_CONDITIONS))],
          "a list of services, or { service: started }",
        ),
      ),
      restart: v.optional(v.picklist(RESTART_POLICIES)),
      restart_at: v.optional(
        v.union(
          [cron, v.strictObject({ cron, timezone: v.optional(timezone) })],
          'a time like "0 4 * * *", or { cron: …, timezone: … }',
        ),
      ),
      restart_on_change: v.optional(
        v.union(
          [paths, v.strictObject({ paths, ignore: v.optional(v.array(line)), debounce: v.optional(duration) })],
          "a path, a list of paths, or { paths: …, ignore: …, debounce: 500ms }",
        ),
      ),
      success_codes: v.optional(v.array(v.number())),
      stop: v.optional(
        v.strictObject({
          command: v.optional(command),
          signal: v.optional(v.picklist(STOP_SIGNALS)),
          timeout: v.optional(duration),
        }),
      ),
      log: v.optional(
        v.strictObject({
          max_size: v.optional(size),
          keep: v.optional(v.pipe(v.number("a whole number"), v.integer("a whole number"), v.minValue(0, "0 or more"))),
          max_age: v.optional(duration),
          compress: v.optional(v.boolean()),
        }),
      ),
      backoff: v.optional(
        v.strictObject({ min: v.optional(duration), max: v.optional(duration), stable_after: v.optional(duration) }),
      ),
      loop: v.optional(v.array(v.strictObject({ restarts: whole, within: duration }))),
    }),
  ],
  "a command, or { command: …, port: …, health: … }",
);

/** Where numbers are shown to Prometheus: this host alone, where no address is written. */
const metrics = v.union(
  [
    port,
    v.pipe(
      v.string(),
      v.regex(/^(\[[0-9a-fA-F:]+\]|[\w.-]*):\d{1,5}$/),
      v.check((text) => isPort(text)),
    ),
  ],
  "a port like 9464, or an address like 127.0.0.1:9464",
);

/** The whole file. Unknown keys are refused: a typo must not silently mean a default. */
export const afloatYaml = v.strictObject({
  cloud: v.optional(v.pipe(v.string(), v.url("an address like https://afloat.example.com"))),
  cloud_ca: v.optional(v.pipe(v.string("a path"), v.minLength(1, "a path"))),
  remote: v.optional(v.union([v.literal("off"), v.array(v.picklist(VERBS))], "off, or a list like [restart]")),
  metrics: v.optional(metrics),
  offline_after: v.optional(
    v.pipe(
      v.string("a duration from 75s to 24h, like 5m"),
      v.check((text) => isOfflineAfter(text), "a duration from 75s to 24h, like 5m"),
    ),
  ),
  sleeps: v.optional(v.boolean("true or false")),
  env_file: v.optional(envFile),
  include: v.optional(paths),
  services: v.optional(v.record(serviceName, service), {}),
});

function isPort(address: string): boolean {
  const number = Number(address.slice(address.lastIndexOf(":") + 1));
  return number >= 1 && number <= 65_535;
}

function isAddress(text: string): boolean {
  try {
    // An escape that is none in it (`%zz`) would be found too late.
    return decodeURIComponent(new URL(text, "http://localhost").pathname) !== "";
  } catch {
    // What is wrong with it is said where it stands.
    return false;
  }
}

/** Checked by the very library that will wait for it; a day that never comes (30 February) is none. */
function isCron(text: string): boolean {
  try {
    return new Cron(text, { mode: "5-part" }).nextRun() !== null;
  } catch {
    // What is wrong with it is said where it stands.
    return false;
  }
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    // As above.
    return false;
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    // What is wrong with it is said where it stands.
    return false;
  }
}

export type EnvFileYaml = v.InferOutput<typeof envFile>;
export type AfloatYaml = v.InferOutput<typeof afloatYaml>;
export type ServiceYaml = Exclude<AfloatYaml["services"][string], string>;
