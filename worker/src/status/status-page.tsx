import { DAY_MS } from "@afloat/shared/core/moment";
import type { PublicStatus } from "@afloat/shared/domain";
import { raw } from "hono/html";
import { MarkOf, publicMark } from "../pages/marks.tsx";
import { Component } from "./component.tsx";
import { dayWords, spanWords } from "./day-words.ts";
import { statusScript } from "./status-script.ts";
import { statusStyles } from "./status-styles.ts";
import type { PublicIncident, StatusView } from "./status-view.ts";

/** The public page: whole without JavaScript. */
export function StatusPage({ view, nonce }: { view: StatusView; nonce: string }) {
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <title>{`${view.sentence} · ${view.title} status`}</title>
          <style nonce={nonce}>{raw(statusStyles)}</style>
        </head>
        <body>
          <StatusMain view={view} />
          <script nonce={nonce}>{raw(statusScript)}</script>
        </body>
      </html>
    </>
  );
}

function StatusMain({ view }: { view: StatusView }) {
  const open = view.incidents.filter(({ closedMs }) => closedMs === null);
  return (
    <main data-status={view.status}>
      <header>
        <b>{view.title}</b>
      </header>
      <h1>
        <span class={colorOf(view.status)} aria-hidden="true">
          {publicMark(view.status).shape}
        </span>{" "}
        {view.sentence}
      </h1>
      <p class="soft">
        As of <Moment ms={view.asOfMs} />
        <span id="stale" hidden>
          {" "}
          · this page could not be refreshed since
        </span>
      </p>
      {open.map((incident) => (
        <Incident incident={incident} nowMs={view.asOfMs} />
      ))}
      <Announced view={view} standing="running" />
      {view.groups.map(({ name, components }) => (
        <section aria-label={name ?? "Components"}>
          {name === null ? null : <h2>{name}</h2>}
          {components.map((component) => (
            <Component component={component} todayMs={view.asOfMs} />
          ))}
        </section>
      ))}
      {view.groups.length === 0 ? <p>Nothing is watched here yet.</p> : <Key />}
      <Announced view={view} standing="upcoming" />
      <Past incidents={view.incidents} nowMs={view.asOfMs} />
      <footer>
        <a href={`/s/${view.slug}.json`}>JSON</a>
        <span>Kept afloat by Afloat</span>
      </footer>
    </main>
  );
}

function Incident({ incident, nowMs }: { incident: PublicIncident; nowMs: number }) {
  return (
    <section class={`incident ${colorOf(incident.status)}-edge`}>
      <h2>{incident.title}</h2>
      <p class="soft">
        Since <Moment ms={incident.openedMs} /> · {spanWords(nowMs - incident.openedMs)}
      </p>
    </section>
  );
}

/** What the bars and the percents mean. */
function Key() {
  const shown = [
    ...[["up", "no downtime"] as const, ["deg", "degraded"] as const, ["out", "outage"] as const],
    ...[["maint", "maintenance"] as const, ["none", "not known"] as const],
  ];
  return (
    <p class="key">
      {shown.map(([color, word]) => (
        <span>
          <i class={color} /> {word}
        </span>
      ))}
      A bar is a day, by UTC, in the colour of the worst of it. Degraded counts as up; what was maintenance or is not
      known counts neither as up nor as down.
    </p>
  );
}

/** Under way it stands above everything; what is to come, below. */
function Announced({ view, standing }: { view: StatusView; standing: "running" | "upcoming" }) {
  const those = view.maintenance.filter((each) => each.standing === standing);
  if (those.length === 0) return null;
  return (
    <section aria-label={standing === "running" ? "Maintenance under way" : "Announced maintenance"}>
      {standing === "running" ? null : <h2>Announced maintenance</h2>}
      {those.map((each) => (
        <div class="incident maint-edge" data-maintenance={standing}>
          <h2>
            <span class="maint" aria-hidden="true">
              ▲
            </span>{" "}
            {each.title}
          </h2>
          {each.note === "" ? null : <p>{each.note}</p>}
          <p class="soft">
            {standing === "running" ? "Under way since " : "From "}
            <FullMoment ms={each.startsMs} /> until <FullMoment ms={each.endsMs} /> ·{" "}
            {each.components === null ? "everything" : each.components.join(", ")}
          </p>
        </div>
      ))}
    </section>
  );
}

/** With its day: it may be far ahead. */
function FullMoment({ ms }: { ms: number }) {
  const iso = new Date(ms).toISOString();
  return (
    <time datetime={iso} title={`${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`} data-day>
      {dayWords(ms)}, {iso.slice(11, 16)} UTC
    </time>
  );
}

/** How many days back are written out, also those on which nothing happened. An incident is told on the day it was over. */
const PAST_DAYS = 7;

function Past({ incidents, nowMs }: { incidents: PublicIncident[]; nowMs: number }) {
  const days = Array.from({ length: PAST_DAYS }, (_, i) => nowMs - i * DAY_MS);
  const isOpen = incidents.some(({ closedMs }) => closedMs === null);
  const over = incidents.flatMap(({ closedMs, ...rest }) => (closedMs === null ? [] : [{ ...rest, closedMs }]));
  return (
    <section>
      <h2>Past incidents</h2>
      {days.map((dayMs) => {
        const day = dayWords(dayMs);
        // What is not over yet is told above: today is no day without incidents.
        const none = isOpen && dayMs === nowMs ? "None that is over." : "No incidents.";
        const those = over.filter(
          ({ closedMs }) => nowMs - closedMs < PAST_DAYS * DAY_MS && dayWords(closedMs) === day,
        );
        return (
          <div class="day">
            <h3>{day}</h3>
            {those.length === 0 ? <p class="soft">{none}</p> : null}
            {those.map(({ title, openedMs, closedMs }) => (
              <p>
                <b>{title}</b>{" "}
                <span class="soft">
                  {spanWords(closedMs - openedMs)}, until <Moment ms={closedMs} />
                </span>
              </p>
            ))}
          </div>
        );
      })}
    </section>
  );
}

/** In UTC as written; the page's script turns it into the reader's own time. */
function Moment({ ms }: { ms: number }) {
  const iso = new Date(ms).toISOString();
  return (
    <time datetime={iso} title={`${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`}>
      {iso.slice(11, 19)} UTC
    </time>
  );
}

export function colorOf(status: PublicStatus): string {
  return publicMark(status).color;
}

/** No such page. */
export function NoStatusPage({ nonce }: { nonce: string }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>No status page here</title>
        <style nonce={nonce}>{raw(statusStyles)}</style>
      </head>
      <body>
        <main>
          <h1>
            <MarkOf mark={{ ...publicMark("unknown"), word: "" }} /> There is no status page here
          </h1>
          <p class="soft">Check the address; whoever gave it to you may have renamed the page.</p>
        </main>
      </body>
    </html>
  );
}
