import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { may } from "../auth/roles.ts";
import { addChannel } from "../channels/add-channel.ts";
import type { AnyKind, OpenSettings } from "../channels/channel-kind.ts";
import { ChannelRecords } from "../channels/channel-records.ts";
import { type ChannelRow, openChannel, storedSettings } from "../channels/channel-store.ts";
import { kindOf, KINDS } from "../channels/kinds.ts";
import { readStanding } from "../alerts/read-standing.ts";
import { tellAlerts } from "../alerts/tell-alerts.ts";
import { askByMail, faultOfAsking } from "../channels/ask-by-mail.ts";
import { reachOf } from "../outgoing/reach.ts";
import { type ChannelLine, ChannelsPage } from "../pages/channels-page.tsx";
import { ChannelFormPage } from "../pages/channel-form-page.tsx";
import { type ChannelNews, ChannelPage } from "../pages/channel-page.tsx";
import type { Actor } from "../tenancy/records.ts";
import { runTest, tooManyTests } from "./channel-test.ts";
import { readForm, typedBy } from "./channel-form.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem } from "./problem.ts";

const SHOWN_DELIVERIES = 10;
/** So many an organization: each message goes to all of them. */
const CHANNELS_LIMIT = 50;

/** Who is told when something will not stay up. All behind `signedIn`. */
export const channelRoutes = new Hono<Guarded>();

/** Alerts goes by channels that it knows: it is told of every change, and finds out by itself within a minute where it cannot be. */
const tellsAlerts = createMiddleware<Guarded>(async (c, next) => {
  await next();
  if (c.req.method === "POST" && c.res.status < 400) await tellAlerts(c.env, c.get("scope").organization.id);
});
for (const path of ["/app/channels", "/app/channels/*"]) channelRoutes.use(path, tellsAlerts);

channelRoutes.get("/app/channels", allowed("channel:view"), async (c) => {
  const records = recordsOf(c);
  const [rows, deliveries, deaf] = await Promise.all([records.list(), records.deliveries(SHOWN_DELIVERIES), deafOf(c)]);
  const channels = await Promise.all(rows.map((row) => lineOf(c, row, deaf)));
  const kinds = KINDS.map(({ name, label }) => ({ name, label }));
  return c.html(<ChannelsPage {...{ ...shellOf(c), channels, deliveries, kinds, mayEdit: mayEdit(c) }} />);
});

channelRoutes.get("/app/channels/new/:kind", allowed("channel:edit"), (c) => {
  const kind = kindOf(c.req.param("kind"));
  if (kind === null) return unknown(c);
  return c.html(
    <ChannelFormPage {...{ ...shellOf(c), kind, lacks: kind.lacks?.(c.env) ?? null, typed: {}, faults: {} }} />,
  );
});

channelRoutes.post("/app/channels", fromOurPages, allowed("channel:edit"), async (c) => {
  const typed = await typedBy(c.req.raw);
  const kind = kindOf(typed["kind"] ?? "webhook");
  if (kind === null) return unknown(c);
  const lacks = kind.lacks?.(c.env) ?? null;
  const form = readForm(kind, typed, kind.made(), reachOf(c.env));
  const faults = lacks === null && form.kind === "faults" ? form.faults : {};
  if (lacks !== null || form.kind === "faults") {
    return c.html(<ChannelFormPage {...{ ...shellOf(c), kind, lacks, typed, faults }} />, 400);
  }
  if ((await recordsOf(c).list()).length >= CHANNELS_LIMIT) {
    return problem(c, 409, "too-many", `expected at most ${CHANNELS_LIMIT} channels: remove one that is not needed`);
  }
  const tooOften = kind.asksFirst ? await faultOfAsking(recordsOf(c), Date.now()) : null;
  if (tooOften !== null) return problem(c, 429, "too-often", tooOften);
  return add(c, kind, form);
});

channelRoutes.get("/app/channels/:id", allowed("channel:view"), (c) =>
  withChannel(c, (row) => page(c, row, { kind: "none" })),
);

channelRoutes.post("/app/channels/:id", fromOurPages, allowed("channel:edit"), (c) =>
  withOpen(c, async (row, kind, settings) => {
    const typed = await typedBy(c.req.raw);
    const form = readForm(kind, typed, settings.values, reachOf(c.env));
    if (form.kind === "faults") return page(c, row, { kind: "faults", typed, faults: form.faults }, 400);
    const stored = await storedSettings(c.env.AFLOAT_SECRET, kind, form.values);
    const asks = kind.open(form.values)?.asks ?? null;
    // Another address has agreed to nothing.
    const isOther = asks !== null && asks !== settings.asks;
    const tooOften = isOther ? await faultOfAsking(recordsOf(c), Date.now()) : null;
    if (tooOften !== null) return problem(c, 429, "too-often", tooOften);
    const again = isOther ? { confirmedMs: null, disabledMs: Date.now() } : {};
    await recordsOf(c).change(row.id, { name: form.name, ...stored, ...again }, "edited", actorOf(c), Date.now());
    if (isOther) return asked(c, row, asks);
    return c.redirect(`/app/channels/${row.id}?edited`, 303);
  }),
);

channelRoutes.post("/app/channels/:id/test", fromOurPages, allowed("channel:edit"), (c) =>
  withChannel(c, async (row) => {
    if (await tooManyTests(recordsOf(c), Date.now())) {
      return problem(c, 429, "too-often", "expected at most 10 tests in a minute: wait a moment");
    }
    if (isUnconfirmed(row)) return notAgreed(c);
    const tests = await runTest(c.env, row, c.get("scope"), recordsOf(c), actorOf(c));
    return page(c, row, { kind: "tested", tests });
  }),
);

channelRoutes.post("/app/channels/:id/rotate", fromOurPages, allowed("channel:edit"), (c) =>
  withOpen(c, async (row, kind, settings) => {
    if (!kind.signs)
      return problem(c, 409, "no-secret", "only channels that sign their messages have a secret of ours");
    const nowMs = Date.now();
    const values = settings.rotated(nowMs);
    const stored = await storedSettings(c.env.AFLOAT_SECRET, kind, values);
    await recordsOf(c).change(row.id, stored, "secret-rotated", actorOf(c), nowMs);
    return page(c, row, { kind: "secret", secret: kind.open(values)?.signingSecret ?? "", isNew: false });
  }),
);

channelRoutes.post("/app/channels/:id/ask", fromOurPages, allowed("channel:edit"), (c) =>
  withOpen(c, async (row, _, { asks }) => {
    if (asks === null || !isUnconfirmed(row)) return problem(c, 409, "agreed", "there is nobody to be asked");
    const tooOften = await faultOfAsking(recordsOf(c), Date.now());
    if (tooOften !== null) return problem(c, 429, "too-often", tooOften);
    return asked(c, row, asks);
  }),
);

channelRoutes.post("/app/channels/:id/disable", fromOurPages, allowed("channel:edit"), (c) =>
  withChannel(c, async (row) => {
    if (row.disabledMs === null)
      await recordsOf(c).change(row.id, { disabledMs: Date.now() }, "disabled", actorOf(c), Date.now());
    return c.redirect(`/app/channels/${row.id}`, 303);
  }),
);

channelRoutes.post("/app/channels/:id/enable", fromOurPages, allowed("channel:edit"), (c) =>
  withChannel(c, async (row) => {
    if (isUnconfirmed(row)) return notAgreed(c);
    if (row.disabledMs !== null)
      await recordsOf(c).change(row.id, { disabledMs: null }, "enabled", actorOf(c), Date.now());
    return c.redirect(`/app/channels/${row.id}`, 303);
  }),
);

channelRoutes.post("/app/channels/:id/remove", fromOurPages, allowed("channel:edit"), async (c) => {
  const removed = await recordsOf(c).remove(c.req.param("id"), actorOf(c), Date.now());
  return removed ? c.redirect("/app/channels", 303) : unknown(c);
});

async function add(
  c: Context<Guarded>,
  kind: AnyKind,
  { name, values }: { name: string; values: Record<string, unknown> },
) {
  const id = await addChannel(c.env, recordsOf(c), { kind, name, values }, actorOf(c));
  const [row, opened] = [await recordsOf(c).one(id), kind.open(values)];
  if (row === null || opened === null) return unknown(c);
  if (opened.asks !== null) return asked(c, row, opened.asks);
  const { signingSecret } = opened;
  return page(
    c,
    row,
    signingSecret === null ? { kind: "made" } : { kind: "secret", secret: signingSecret, isNew: true },
  );
}

/** Whoever reads mail there is asked, and the page says what came of it. */
async function asked(c: Context<Guarded>, row: ChannelRow, address: string): Promise<Response> {
  const fault = await askByMail(c.env, row, address, c.get("scope"), recordsOf(c));
  return page(c, row, { kind: "asked", address, fault });
}

async function page(
  c: Context<Guarded>,
  row: ChannelRow,
  news: ChannelNews,
  status: 200 | 400 = 200,
): Promise<Response> {
  const now = (await recordsOf(c).one(row.id)) ?? row;
  const [opened, deliveries] = await Promise.all([
    openChannel(c.env.AFLOAT_SECRET, now),
    recordsOf(c).deliveries(SHOWN_DELIVERIES, row.id),
  ]);
  const kind = kindOf(now.kind);
  const line = await lineOf(c, now, await deafOf(c));
  const said: ChannelNews = news.kind === "none" && c.req.query("edited") !== undefined ? { kind: "edited" } : news;
  const settings: OpenSettings | null = opened.kind === "open" ? opened.settings : null;
  return c.html(
    <ChannelPage {...{ ...shellOf(c), kind, line, settings, deliveries, news: said, mayEdit: mayEdit(c) }} />,
    status,
  );
}

/** Channels that do not hear what waits for them. */
async function deafOf(c: Context<Guarded>): Promise<ReadonlySet<string>> {
  const standing = await readStanding(c.env, c.get("scope").organization.id);
  return new Set(standing?.channels.flatMap(({ channelId, isDead }) => (isDead ? channelId : [])));
}

async function lineOf(c: Context<Guarded>, row: ChannelRow, deaf: ReadonlySet<string>): Promise<ChannelLine> {
  const opened = await openChannel(c.env.AFLOAT_SECRET, row);
  const label = kindOf(row.kind)?.label ?? row.kind;
  const state = isUnconfirmed(row) ? "unconfirmed" : row.disabledMs === null ? "on" : "off";
  const fault = opened.kind === "fault" ? opened.why : null;
  const where = opened.kind === "open" ? opened.settings.where : "";
  return { id: row.id, name: row.name, label, where, state, isDeaf: deaf.has(row.id), fault };
}

function isUnconfirmed(row: ChannelRow): boolean {
  return kindOf(row.kind)?.asksFirst === true && row.confirmedMs === null;
}

async function withChannel(c: Context<Guarded>, act: (row: ChannelRow) => Promise<Response>): Promise<Response> {
  const row = await recordsOf(c).one(c.req.param("id") ?? "");
  return row === null ? unknown(c) : act(row);
}

/** The same with its settings; one whose secrets cannot be read any more can only be removed. */
function withOpen(
  c: Context<Guarded>,
  act: (row: ChannelRow, kind: AnyKind, settings: OpenSettings) => Promise<Response>,
): Promise<Response> {
  return withChannel(c, async (row) => {
    const opened = await openChannel(c.env.AFLOAT_SECRET, row);
    if (opened.kind === "fault") return problem(c, 409, "unreadable", opened.why);
    return act(row, opened.of, opened.settings);
  });
}

function shellOf(c: Context<Guarded>) {
  const { organization, person, role } = c.get("scope");
  return { nonce: c.get("secureHeadersNonce") ?? "", organization, person, role };
}

function mayEdit(c: Context<Guarded>): boolean {
  return may(c.get("scope").role, "channel:edit");
}

function recordsOf(c: Context<Guarded>): ChannelRecords {
  return new ChannelRecords(c.env.DB, c.get("scope").organization.id);
}

function actorOf(c: Context<Guarded>): Actor {
  return { kind: "person", ...c.get("scope").person };
}

function unknown(c: Context<Guarded>): Response {
  return problem(c, 404, "no-such-channel", "there is no such channel");
}

function notAgreed(c: Context<Guarded>): Response {
  return problem(
    c,
    409,
    "not-agreed",
    "nobody at this address agreed yet: follow the link in the mail to it, or send that once more",
  );
}
