import type { Role } from "@afloat/shared/domain";
import { type Bill, MINIMUM_DOLLARS, MONTH_DAYS, PRICES_READ } from "../stock/core/prices.ts";
import { type Day, dollarWords, KINDS, ROWS, type Stock } from "../stock/core/stock.ts";
import { Shell } from "./shell.tsx";

interface StockProps {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  stock: Stock;
  month: Bill;
}

const NAMES: Record<keyof Day, string> = {
  changes: "changes of state",
  samples: "hourly samples",
  incidents: "incidents",
  notices: "notices",
  deliveries: "attempts to tell a channel",
  commands: "commands",
  auditLines: "lines of the audit log",
};

/** What an organization uses, and what that costs. */
export function StockPage({ nonce, organization, person, role, stock, month }: StockProps) {
  const { fleets, hosts, online, services, day } = stock;
  return (
    <Shell at="Usage" title="Usage" {...{ nonce, organization, person, role }} moreStyles={STYLES}>
      <section class="narrow">
        <h1>{sentenceOf(stock, month)}</h1>
        <p class="soft">
          {hosts} {hosts === 1 ? "host" : "hosts"}, {online} online, {services}{" "}
          {services === 1 ? "service" : "services"}
          {fleets === 1 ? "" : `, spread over ${fleets} Fleets`}. Heartbeats cost nothing; what does not change is not
          written.
        </p>
        <h2>The last 24 hours</h2>
        <table class="figures">
          <thead>
            <tr>
              <th>Recorded</th>
              <th>How many</th>
              <th>Rows in the database</th>
              <th>Rows of the Fleet</th>
            </tr>
          </thead>
          <tbody>
            {KINDS.map((kind) => (
              <tr>
                <td>{NAMES[kind]}</td>
                <td>{whole(day[kind])}</td>
                <td>{whole(day[kind] * ROWS[kind].database)}</td>
                <td>{whole(day[kind] * ROWS[kind].fleet)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <h2>A month of such days</h2>
        {month.lines.length === 0 ? <p>Nothing is used yet.</p> : <Lines month={month} />}
        <p class="soft">
          On an account with nothing else on it this is {dollarWords(month.dollars)} a month, the plan's{" "}
          {`$${MINIMUM_DOLLARS}`} included. The last column is what it adds to an account that is past all that is
          included. Prices of Cloudflare's paid plan as read on {PRICES_READ}; months of {MONTH_DAYS} days; wake-ups and
          reconnects are reckoned by their rule, pages that people open are not counted. On a server of your own none of
          this is billed.
        </p>
        <p class="soft">
          <a href="/app/usage.json">The same as JSON</a>
        </p>
      </section>
    </Shell>
  );
}

function sentenceOf({ hosts }: Stock, { fullDollars }: Bill): string {
  if (hosts === 0) return "No host yet: nothing is used";
  return `A month of days like the last adds about ${dollarWords(fullDollars)}`;
}

function Lines({ month }: { month: Bill }) {
  return (
    <table class="figures">
      <thead>
        <tr>
          <th>Counted</th>
          <th>How many</th>
          <th>Adds</th>
        </tr>
      </thead>
      <tbody>
        {month.lines.map(({ name, amount, fullDollars }) => (
          <tr>
            <td>{name}</td>
            <td>{whole(amount)}</td>
            <td>{dollarWords(fullDollars)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

const STYLES = `
.figures td:not(:first-child),.figures th:not(:first-child){text-align:right}
@media (max-width:760px){.figures td,.figures th{padding:8px 5px}}
`;
