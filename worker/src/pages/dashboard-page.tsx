import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import { may, verbsOf } from "../auth/roles.ts";
import type { FleetView } from "../live.ts";
import { Dashboard } from "./dashboard/dashboard.tsx";
import type { Acts, Model } from "./dashboard/model.ts";
import { Shell } from "./shell.tsx";
import { dashboardStyles } from "./styles.ts";

interface DashboardPageProps {
  nonce: string;
  fleet: FleetView;
  organization: { name: string; slug: string };
  person: { name: string; email: string };
  role: Role;
  nowMs: number;
  /** Null where the organization has no status page. */
  statusPageUrl: string | null;
}

/** The dashboard as the server paints it, whole; its script then keeps it alive and lets it act. */
export function DashboardPage({ nonce, fleet, organization, person, role, nowMs, statusPageUrl }: DashboardPageProps) {
  const model = firstModel(fleet, role, nowMs);
  return (
    <Shell at="Fleet" title="Fleet" {...{ nonce, organization, person, role }} moreStyles={dashboardStyles}>
      <div id="dashboard">
        <Dashboard model={model} acts={NO_ACTS} />
      </div>
      {statusPageUrl === null ? null : (
        <p class="soft">
          What the public sees: <a href={statusPageUrl}>{statusPageUrl}</a>
        </p>
      )}
      <script type="application/json" id="model" nonce={nonce}>
        {raw(jsonForScript(model))}
      </script>
      <script type="module" src="/dashboard.js" nonce={nonce} />
    </Shell>
  );
}

function firstModel(fleet: FleetView, role: Role, nowMs: number): Model {
  return {
    ...{ fleet, role, nowMs, staleSinceMs: nowMs, mayAsk: verbsOf(role) },
    ...{ mayRevoke: may(role, "host:revoke"), mayAcknowledge: may(role, "incident:acknowledge") },
    ...{ filter: "", asking: null, menu: null, faults: {}, at: null, tails: {}, lookedFor: [], closed: [] },
  };
}

const NO_ACTS: Acts = { ask: () => {}, leave: () => {}, open: () => {}, close: () => {}, order: () => {} };

/** JSON that cannot end its script element, whatever names are in it. */
function jsonForScript(value: object): string {
  return JSON.stringify(value)
    .replaceAll("<", String.raw`\u003c`)
    .replaceAll("\u2028", String.raw`\u2028`)
    .replaceAll("\u2029", String.raw`\u2029`);
}
