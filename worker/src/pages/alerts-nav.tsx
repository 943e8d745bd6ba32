import type { Role } from "@afloat/shared/domain";
import { may } from "../auth/roles.ts";

/** The pages of alerting: who is told, of what, what is quiet, and whether it was heard. */
const PAGES = [
  { path: "/app/channels", word: "Channels", permission: "channel:view" },
  { path: "/app/rules", word: "Rules", permission: "rule:view" },
  { path: "/app/silences", word: "Silences", permission: "silence:view" },
  { path: "/app/deliveries", word: "Deliveries", permission: "channel:view" },
  { path: "/app/watch", word: "Watch", permission: "fleet:view" },
] as const;

/** Stands above each of them. */
export function AlertsNav({ role, at }: { role: Role; at: (typeof PAGES)[number]["path"] }) {
  return (
    <p class="alerts-nav">
      {PAGES.filter(({ permission }) => may(role, permission)).map(({ path, word }) => (
        <a href={path} aria-current={path === at ? "page" : undefined}>
          {word}
        </a>
      ))}
    </p>
  );
}

export const ALERTS_NAV_STYLES = `
.alerts-nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 18px;color:var(--soft)}.alerts-nav a{text-decoration:none;padding:4px 0;border-bottom:2px solid transparent}.alerts-nav a:hover,.alerts-nav [aria-current]{color:var(--ink);border-color:var(--ink)}
@media (max-width:760px){.alerts-nav{gap:0 14px;margin-bottom:12px}.alerts-nav a{padding:10px 0 8px}}
`;
