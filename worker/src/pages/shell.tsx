import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { may } from "../auth/roles.ts";
import { styles } from "./styles.ts";

/** The parts of the dashboard, as its navigation names them. */
type Section = "Fleet" | "Incidents" | "Alerts" | "Maintenance" | "Usage" | "Retention" | "Add a host";

interface ShellProps {
  title: string;
  /** The part it belongs to; missing where nobody is signed in. */
  at?: Section;
  nonce: string;
  /** Missing where nobody is signed in. */
  organization?: { name: string };
  person?: { name: string; email: string };
  role?: Role;
  /** What this page needs beyond the common look. */
  moreStyles?: string;
  children: Child;
}

/** The whole document around a page of a signed-in person, or of one about to sign in. */
export function Shell({ title, at, nonce, organization, person, role, moreStyles, children }: ShellProps) {
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <title>{title} · Afloat</title>
          <style nonce={nonce}>{raw(styles + (moreStyles ?? ""))}</style>
        </head>
        <body>
          <nav aria-label="Afloat">
            <b>≋ Afloat</b>
            {role === undefined ? null : <Links {...{ role, at }} />}
            {organization === undefined ? null : (
              <span class="last">
                <span title={person?.email}>{organization.name}</span>
                <form method="post" action="/sign-out">
                  <button class="quiet">Sign out</button>
                </form>
              </span>
            )}
          </nav>
          <main>{children}</main>
          <script nonce={nonce}>{raw(COPY_SCRIPT)}</script>
        </body>
      </html>
    </>
  );
}

/** Gives what is to be pasted elsewhere a button that copies it; without JavaScript, a click selects it whole. */
const COPY_SCRIPT = `for(const pre of document.querySelectorAll("[data-copy]")){
const b=document.createElement("button");b.className="copy";b.textContent="Copy";
b.onclick=()=>navigator.clipboard.writeText(pre.textContent.trim()).then(()=>{b.textContent="Copied"},()=>{b.textContent="Select it and copy by hand"});
pre.after(b)}`;

function Links({ role, at }: { role: Role; at: Section | undefined }) {
  const links: [path: string, word: Section, isShown: boolean][] = [
    ["/app", "Fleet", true],
    ["/app/incidents", "Incidents", may(role, "fleet:view")],
    [may(role, "channel:view") ? "/app/channels" : "/app/watch", "Alerts", true],
    ["/app/maintenance", "Maintenance", may(role, "maintenance:view")],
    ["/app/usage", "Usage", may(role, "usage:view")],
    ["/app/retention", "Retention", may(role, "retention:edit")],
    ["/app/hosts/new", "Add a host", may(role, "host:enrol")],
  ];
  return (
    <>
      {links.map(([path, word, isShown]) =>
        isShown ? (
          <a href={path} aria-current={word === at ? "page" : undefined}>
            {word}
          </a>
        ) : null,
      )}
    </>
  );
}
