import * as v from "valibot";
import { parseDuration } from "../core/duration.ts";
import { parseSize } from "../core/size.ts";
import type { LimitSpec, LimitValue, ProcessSpec } from "../spec.ts";

/** What a service may say of its processes: `nice`, `umask`, `limits`, `oom_score_adj`. */

const count = v.pipe(v.number("a whole number"), v.integer("a whole number"), v.minValue(0, "0 or more"));
const unlimited = v.literal("unlimited");
const size = v.pipe(
  v.string(),
  v.check((text) => parseSize(text) !== null, "a size like 512MB"),
);
const duration = v.pipe(
  v.string(),
  v.check((text) => parseDuration(text) !== null, "a duration like 10s"),
);

/** One number for both, or each by name: `{ soft: 1024, hard: 4096 }`. */
function limit<const S extends v.GenericSchema<number | string>>(value: S, expected: string) {
  const both = v.pipe(
    v.strictObject({ soft: v.optional(value), hard: v.optional(value) }),
    v.check(({ soft, hard }) => (soft ?? hard) !== undefined, "soft, hard, or both"),
  );
  return v.union([value, both], `${expected}, or { soft: …, hard: … }`);
}

const amount = limit(v.union([count, unlimited], "a whole number, or unlimited"), "a whole number, or unlimited");
const bytes = limit(
  v.union([count, unlimited, size], "a size like 512MB, a number of bytes, or unlimited"),
  "a size like 512MB, a number of bytes, or unlimited",
);
const time = limit(
  v.union([unlimited, duration], "a duration like 10s, or unlimited"),
  "a duration like 10s, or unlimited",
);

/** What each limit is called by prlimit(1), and how it is written. */
const limits = v.strictObject({
  nofile: v.optional(amount),
  nproc: v.optional(amount),
  core: v.optional(bytes),
  memory: v.optional(bytes),
  data: v.optional(bytes),
  stack: v.optional(bytes),
  fsize: v.optional(bytes),
  memlock: v.optional(bytes),
  cpu: v.optional(time),
});

/** prlimit calls the address space `as`. */
const OPTION: Record<string, string> = { memory: "as" };

/** Entries of a service, for the schema of the file. */
export const processEntries = {
  nice: v.optional(
    v.pipe(
      v.number("a whole number from -20 to 19"),
      v.integer("a whole number from -20 to 19"),
      v.minValue(-20, "a whole number from -20 to 19"),
      v.maxValue(19, "a whole number from -20 to 19"),
    ),
  ),
  // A bare 022 is the number twenty-two in YAML: it must be in quotes.
  umask: v.optional(
    v.pipe(
      v.string('three octal digits in quotes, like "022"'),
      v.regex(/^0?[0-7]{3}$/, 'three octal digits in quotes, like "022"'),
    ),
  ),
  limits: v.optional(limits),
  oom_score_adj: v.optional(
    v.pipe(
      v.number("a whole number from -1000 to 1000"),
      v.integer("a whole number from -1000 to 1000"),
      v.minValue(-1000, "a whole number from -1000 to 1000"),
      v.maxValue(1000, "a whole number from -1000 to 1000"),
    ),
  ),
};

const entries = v.object(processEntries);
type ProcessYaml = v.InferOutput<typeof entries>;

/** The parsed form; null where nothing is said, so that such a service starts without a detour. */
export function processOf({ nice, umask, limits, oom_score_adj }: ProcessYaml): ProcessSpec | null {
  const parsed = limitsOf(limits ?? {});
  if (nice === undefined && umask === undefined && oom_score_adj === undefined && parsed.length === 0) return null;
  return { nice: nice ?? null, umask: umask ?? null, oomScoreAdj: oom_score_adj ?? null, limits: parsed };
}

/** What cannot be meant, in words, or null: a soft limit above its hard one. */
export function limitFault({ limits }: ProcessYaml): string | null {
  for (const [name, { soft, hard }] of limitsOf(limits ?? {}).map((limit) => [limit.name, limit] as const))
    if (soft !== null && hard !== null && numberOf(soft) > numberOf(hard))
      return `has a soft limit of ${name} (${soft}) above the hard one (${hard})`;
  return null;
}

type LimitsYaml = v.InferOutput<typeof limits>;

function limitsOf(yaml: LimitsYaml): LimitSpec[] {
  return Object.entries(yaml).map(([name, value]) => {
    const both = typeof value === "object" ? value : { soft: value, hard: value };
    const valueOf = (each: number | string | undefined) => (each === undefined ? null : limitValue(name, each));
    return { name, option: OPTION[name] ?? name, soft: valueOf(both.soft), hard: valueOf(both.hard) };
  });
}

/** As the kernel counts it: bytes, seconds, or a number. What is no such word was refused by the schema. */
function limitValue(name: string, value: number | string): LimitValue {
  if (typeof value === "number") return value;
  if (value === "unlimited") return "unlimited";
  return name === "cpu" ? Math.ceil((parseDuration(value) ?? 0) / 1000) : (parseSize(value) ?? 0);
}

const numberOf = (value: LimitValue) => (value === "unlimited" ? Number.POSITIVE_INFINITY : value);
