import fc from "fast-check";

/** Configurations that are valid, as values: every key of a service in every form, with whatever texts fit. */

const text = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }).filter((each) => !each.includes("\0"));
/** With what the language itself has a meaning for, escaped. */
const value = fc.oneof(
  text,
  fc.constantFrom("$HOME", "$${X}", "a: [b]", "true", "010", "# no", "' \" \\", "{ x", "- y"),
);
const escapedText = value.map((each) => each.replaceAll(/\$*\{/g, "$$$${"));
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/).filter((each) => !["constructor", "prototype"].includes(each));
const duration = fc.constantFrom("1ms", "0s", "1.5s", "90s", "5m", "36h", "30d");
const port = fc.integer({ min: 1, max: 65_535 });
const path = fc.constantFrom("/", "/health", "/a%20b?x=1&y#z", "http://localhost:8080/x", "https://[::1]/");
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const command = fc.oneof(escapedText, fc.array(escapedText, { minLength: 1, maxLength: 3 }));

const pace = {
  interval: optional(duration),
  timeout: optional(duration),
  restart_on: optional(fc.constantFrom("closed", "hung", "failing")),
  failure_threshold: optional(fc.integer({ min: 1, max: 9 })),
  stop_timeout: optional(duration),
};
const health = fc.oneof(
  path,
  fc.record({
    http: path,
    method: optional(fc.constantFrom("GET", "POST")),
    headers: optional(fc.constant({ "X-A": "b", Cookie: "c=d" })),
    expect: optional(fc.constantFrom(204, "200-399", [200, "300-302"])),
    body: optional(fc.constantFrom("ok$", "^{", "\\d+")),
    socket: optional(fc.constantFrom("/run/x.sock", "x.sock")),
    tls: optional(fc.constantFrom({ verify: false }, { ca: "ca.pem" })),
    ...pace,
  }),
  fc.record({ grpc: fc.constantFrom("/", "/my.Service", "grpcs://localhost:1/a%2Fb"), ...pace }),
  fc.record({ command, ...pace }),
);

const service = fc.oneof(
  text,
  fc.record({
    command,
    forks: optional(fc.boolean()),
    user: optional(fc.constantFrom("www-data", 33)),
    nice: optional(fc.integer({ min: -20, max: 19 })),
    umask: optional(fc.constantFrom("022", "0077")),
    limits: optional(
      fc.constantFrom({ nofile: 10, cpu: "90s" }, { core: "unlimited", memory: { soft: "1GB" }, cpu: { hard: "2m" } }),
    ),
    oom_score_adj: optional(fc.integer({ min: -1000, max: 1000 })),
    cwd: optional(escapedText),
    env: optional(
      fc.dictionary(
        word.map((each) => each.toUpperCase()),
        fc.oneof(escapedText, fc.integer(), fc.boolean()),
      ),
    ),
    port: optional(port),
    port_owner: optional(fc.constantFrom("own", "any")),
    health: optional(health),
    groups: optional(fc.array(word, { maxLength: 2 })),
    profiles: optional(fc.array(word, { maxLength: 2 })),
    restart: optional(fc.constantFrom("always", "on-failure", "never")),
    restart_at: optional(fc.constantFrom("0 4 * * *", { cron: "@daily", timezone: "Europe/Vienna" })),
    restart_on_change: optional(fc.constantFrom("src", ["a", "b"], { paths: "x", ignore: ["*.log"], debounce: "2s" })),
    success_codes: optional(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 2 })),
    stop: optional(
      fc.record({ command: optional(command), signal: optional(fc.constant("SIGINT")), timeout: optional(duration) }),
    ),
    log: optional(
      fc.record({ max_size: optional(fc.constantFrom("1B", "1500B", "1.5MB", "2GB")), max_age: optional(duration) }),
    ),
    backoff: optional(fc.record({ min: optional(duration) })),
    loop: optional(fc.constant([{ restarts: 3, within: "90s" }])),
  }),
);

/** Texts of it are written by `stringify`, which leaves out what is undefined. */
export const configs = fc
  .record({
    cloud: optional(fc.constant("https://afloat.example.com")),
    cloud_ca: optional(fc.constantFrom("./ca.pem", "/etc/ssl/own.pem")),
    remote: optional(fc.constantFrom("off", ["restart", "logs"])),
    metrics: optional(fc.constantFrom(9464, ":9464", "[::1]:9464", "localhost:1")),
    services: fc.dictionary(word, service, { maxKeys: 4 }),
  })
  .map((config) => {
    const definite: { services: Record<string, unknown> } = JSON.parse(JSON.stringify(config));
    return definite;
  });
