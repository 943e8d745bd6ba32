import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { may } from "../auth/roles.ts";
import { styles } from "./styles.ts";

interface ShellProps {
  title: string;
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
export function Shell({ title, nonce, organization, person, role, moreStyles, children }: ShellProps) {
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
            {role === undefined ? null : <Links role={role} />}
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

function Links({ role }: { role: Role }) {
  return (
    <>
      <a href="/app">Fleet</a>
      {may(role, "fleet:view") ? <a href="/app/incidents">Incidents</a> : null}
      <a href={may(role, "channel:view") ? "/app/channels" : "/app/watch"}>Alerts</a>
      {may(role, "maintenance:view") ? <a href="/app/maintenance">Maintenance</a> : null}
      {may(role, "usage:view") ? <a href="/app/usage">Usage</a> : null}
      {may(role, "retention:edit") ? <a href="/app/retention">Retention</a> : null}
      {may(role, "host:enrol") ? <a href="/app/hosts/new">Add a host</a> : null}
    </>
  );
}
