/** What the embedded server is told. Paths are absolute, or relative to the folder of the configuration. */
export interface EmbeddedConfig {
  /** `127.0.0.1:7654` */
  address: string;
  publicUrl: string;
  /** The Unix socket of the operator. */
  operatorSocket: string;
  /** The folder with dashboard.js and the agent. */
  assets: string;
  /** Whether what people are told by may be on private and loopback addresses: `ALLOW_PRIVATE`, and what the network lets through. */
  allowPrivate: boolean;
  statusCacheMs: number;
  /** Authorities (PEM) that are trusted beside those that browsers trust: of a mail server in the own network. */
  trustedCa?: string;
}

/**
 * workerd's own configuration (Cap'n Proto text) for the same Worker that runs on the platform: D1, the queue, the cron and the
 * Fleet are workerd's bundled ones, on the disk of `data/`. Secrets come from the environment and are not in it.
 */
export function workerdConfig(of: EmbeddedConfig): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  sockets = [
    (name = "http", address = ${text(of.address)}, http = (), service = "afloat"),
    (name = "operator", address = ${text(`unix:${of.operatorSocket}`)}, http = (), service = (name = "afloat", entrypoint = "Operator")),
  ],
  services = [
    (name = "afloat", worker = .afloat),
    (name = "d1", worker = .d1),
    (name = "queues", worker = .queues),
    (name = "cron", worker = .cron),
    (name = "assets", disk = (path = ${text(of.assets)})),
    (name = "fleet-disk", disk = (path = "data/fleet", writable = true)),
    (name = "d1-disk", disk = (path = "data/d1", writable = true)),
    (name = "queues-disk", disk = (path = "data/queues", writable = true)),
    (name = "cron-disk", disk = (path = "data/cron", writable = true)),
    ${internet(of.allowPrivate, of.trustedCa)},
  ],
);

const afloat :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "DB", wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [
      (name = "fetcher", service = (name = "d1", props = (json = "{\\"database\\":\\"afloat\\"}"))),
    ])),
    (name = "FLEET", durableObjectNamespace = "Fleet"),
    (name = "ALERTS", durableObjectNamespace = "Alerts"),
    (name = "NOTICES", queue = (name = "queues", props = (json = "{\\"queue\\":\\"notices\\"}"))),
    (name = "ASSETS", service = "assets"),
    (name = "PUBLIC_URL", text = ${text(of.publicUrl)}),
    (name = "ALLOW_PRIVATE", text = ${text(of.allowPrivate ? "on" : "off")}),
    (name = "STATUS_CACHE_MS", text = ${text(String(of.statusCacheMs))}),
    (name = "FLEET_CELLS", fromEnvironment = "AFLOAT_FLEET_CELLS"),
    (name = "AFLOAT_SECRET", fromEnvironment = "AFLOAT_SECRET"),
    (name = "PASSWORDS", fromEnvironment = "AFLOAT_PASSWORDS"),
    (name = "SIGN_UP", fromEnvironment = "AFLOAT_SIGN_UP"),
    (name = "MAIL_URL", fromEnvironment = "AFLOAT_MAIL_URL"),
    (name = "EMAIL_FROM", fromEnvironment = "AFLOAT_EMAIL_FROM"),
  ],
  durableObjectNamespaces = [
    (className = "Fleet", uniqueKey = "afloat-Fleet", enableSql = true),
    (className = "Alerts", uniqueKey = "afloat-Alerts", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "fleet-disk"),
);

${BUNDLED}`;
}

/**
 * The way out: a name that leads to a private address is stopped here, where the address is known. Where clouds keep their metadata
 * (link-local; Alibaba, Azure and Oracle elsewhere; Amazon and Google by IPv6), it is never let through.
 */
export function internet(allowPrivate: boolean, trustedCa?: string): string {
  const allow = allowPrivate ? `["public", "private"]` : `["public"]`;
  const clouds = `"100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128"`;
  const deny = `["169.254.0.0/16", "fe80::/10", ${clouds}]`;
  const more = trustedCa === undefined ? "" : `, trustedCertificates = [${text(trustedCa)}]`;
  return `(name = "internet", network = (allow = ${allow}, deny = ${deny}, tlsOptions = (trustBrowserCas = true${more})))`;
}

/** D1, the queue and the cron as workerd has them, each with a disk of its own. */
const BUNDLED = `const d1 :Workerd.Worker = (
  modules = [(name = "d1.js", bundled = "/workerd/d1.js")],
  compatibilityDate = "2026-11-01",
  bindings = [(name = "DATABASE", durableObjectNamespace = "D1Database")],
  durableObjectNamespaces = [(className = "D1Database", uniqueKey = "afloat-D1", enableSql = true)],
  durableObjectStorage = (localDisk = "d1-disk"),
);

const queues :Workerd.Worker = (
  modules = [(name = "queues.js", bundled = "/workerd/queues.js")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [
    (name = "SHARD", durableObjectNamespace = "QueueShard"),
    (name = "CONSUMERS", json = "{\\"notices\\":{\\"consumer\\":\\"worker\\",\\"maxBatchTimeout\\":0,\\"maxRetries\\":20}}"),
    (name = "worker", service = "afloat"),
  ],
  durableObjectNamespaces = [(className = "QueueShard", uniqueKey = "afloat-queues", enableSql = true)],
  durableObjectStorage = (localDisk = "queues-disk"),
);

const cron :Workerd.Worker = (
  modules = [(name = "cron.js", bundled = "/workerd/cron.js")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [
    (name = "SCHEDULE", durableObjectNamespace = "Schedule"),
    (name = "CRONS", json = "{\\"afloat\\":[\\"* * * * *\\"]}"),
    (name = "afloat", service = "afloat"),
  ],
  durableObjectNamespaces = [(className = "Schedule", uniqueKey = "afloat-cron", enableSql = true)],
  durableObjectStorage = (localDisk = "cron-disk"),
);
`;

/** A Cap'n Proto string; JSON's escapes are among its own. */
function text(value: string): string {
  return JSON.stringify(value);
}
