import type { channel } from "../db/schema.ts";
import type { AnyKind, OpenSettings } from "./channel-kind.ts";
import { kindOf } from "./kinds.ts";
import { seal, unseal } from "./seal.ts";

export type ChannelRow = typeof channel.$inferSelect;

/** What of a row its kind decides. */
export type StoredSettings = Pick<ChannelRow, "url" | "sealedSecret" | "settings" | "sealedSettings">;

export type Opened = { kind: "open"; of: AnyKind; settings: OpenSettings } | { kind: "fault"; why: string };

/** A channel with its secrets, or why it cannot be read, in words that say how to mend it. */
export async function openChannel(secret: string, row: ChannelRow): Promise<Opened> {
  const of = kindOf(row.kind);
  if (of === null) return { kind: "fault", why: `this version knows no channel of the kind ${row.kind}` };
  const sealed = await secretsOf(secret, row);
  if (sealed === null) {
    return { kind: "fault", why: "its secrets were sealed under another AFLOAT_SECRET: make the channel anew" };
  }
  const values = { ...(row.settings ?? { url: row.url }), ...sealed };
  const settings = of.open(values);
  if (settings === null)
    return {
      kind: "fault",
      why: `its settings do not fit: ${Object.values(of.faultsOf(values)).join("; ")}. Edit the channel`,
    };
  return { kind: "open", of, settings };
}

/**
 * Settings as they are stored: secrets sealed apart. `url` and `sealed_secret` are written too, since a Worker of before, which knows
 * webhooks alone, reads these while a deploy is under way; of other kinds they are empty, and it fails and leaves them to the next try.
 */
export async function storedSettings(
  secret: string,
  of: AnyKind,
  values: Record<string, unknown>,
): Promise<StoredSettings> {
  const entries = Object.entries(values);
  const hidden = Object.fromEntries(entries.filter(([name]) => of.secrets.includes(name)));
  const shown = Object.fromEntries(entries.filter(([name]) => !of.secrets.includes(name)));
  const { url, secret: signing } = values;
  return {
    url: of.signs && typeof url === "string" ? url : "",
    sealedSecret: of.signs && typeof signing === "string" ? await seal(secret, signing) : "",
    settings: shown,
    sealedSettings: await seal(secret, JSON.stringify(hidden)),
  };
}

/** What is left of a channel that was removed: nothing of its secrets. */
export const NO_SETTINGS: StoredSettings = { url: "", sealedSecret: "", settings: {}, sealedSettings: "" };

/** A row that a Worker of before wrote has its signing secret alone. */
async function secretsOf(secret: string, row: ChannelRow): Promise<Record<string, unknown> | null> {
  if (row.sealedSettings !== null) {
    const text = await unseal(secret, row.sealedSettings);
    const secrets: Record<string, unknown> | null = text === null ? null : JSON.parse(text);
    return secrets;
  }
  const signing = await unseal(secret, row.sealedSecret);
  return signing === null ? null : { secret: signing };
}

/** A secret as it is shown: `…9f3c`. */
export function lastFour(value: unknown): string {
  return typeof value === "string" && value.length >= 12 ? `…${value.slice(-4)}` : "…";
}
