import { parseArgs } from "node:util";
import { ORGANIZATION_SERVICES } from "@afloat/worker/caps";
import { setup } from "../stories/house/build.ts";
import { fileLimitFault } from "./file-limit.ts";
import { FleetUnderLoad } from "./fleet-under-load.ts";
import { type PhaseReport, playPhase } from "./play.ts";
import { isGood, reportLines } from "./report.ts";
import { type Script, SCRIPTS } from "./scripts.ts";

/** `pnpm load`: thousands of simulated agents on real sockets against a real server on this machine, and what came of it. */

const HELP = `pnpm load [--script day] [--hosts 500] [--services 8] [--shards 1] [--json]

Starts a server of its own and so many simulated agents, each of so many services, lets something happen to them, and
compares what the dashboard and the database say with what is so. A minute for 500 hosts, where nothing else is said.
With --shards they are one organization that is spread over so many Fleets.

Scripts:
${SCRIPTS.map(({ name, title }) => `  ${name.padEnd(10)}${title}`).join("\n")}

Prints a line for each phase; with --json an object for each, times in milliseconds. Ends with
  0    everything was shown and recorded as it was
  1    something was shown wrong, lost, or called silent though it was there; or it never came to be right
  2    it was asked for something that cannot be done
  130  it was interrupted

pnpm load --script storm --hosts 8000 --services 1`;

const MAX_HOSTS = 20_000;
const MAX_SHARDS = 30;

await main();

async function main(): Promise<void> {
  const asked = read();
  if (typeof asked === "string") {
    console.error(asked);
    process.exitCode = 2;
    return;
  }
  if (asked === null) return console.log(HELP);
  setup();
  progress(`a server, and rows for ${asked.hosts} hosts`);
  const fleet = await FleetUnderLoad.build(asked);
  let isEnding = false;
  const end = async () => {
    if (isEnding) return;
    isEnding = true;
    await fleet.end();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void end().then(() => process.exit(130)));
  const reports: PhaseReport[] = [];
  try {
    await play(fleet, asked.script, reports);
    process.exitCode = isGood(reports) ? 0 : 1;
  } catch (error) {
    progress("");
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    // Of what went well before, too.
    progress("");
    for (const line of asked.json ? reports.map((each) => JSON.stringify(each)) : reportLines(reports))
      console.log(line);
    await end();
  }
}

/** Adds to `reports` phase by phase. */
async function play(fleet: FleetUnderLoad, script: Script, reports: PhaseReport[]): Promise<void> {
  for (const [i, phase] of script.phases.entries()) {
    progress(`${i + 1} of ${script.phases.length}: ${phase.kind}`);
    reports.push(await playPhase(fleet, phase));
  }
}

interface Asked {
  script: Script;
  hosts: number;
  services: number;
  shards: number;
  json: boolean;
}

/** What is asked; null for help; words where it cannot be done. */
function read(): Asked | string | null {
  try {
    const { values } = parseArgs({
      options: {
        ...{ script: { type: "string", default: "day" }, hosts: { type: "string", default: "500" } },
        ...{ services: { type: "string", default: "8" }, shards: { type: "string", default: "1" } },
        ...{ json: { type: "boolean", default: false } },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return null;
    const script = SCRIPTS.find(({ name }) => name === values.script);
    if (script === undefined) {
      return `expected --script to be one of ${SCRIPTS.map(({ name }) => name).join(", ")}, got ${values.script}`;
    }
    const [hosts, services, shards] = [Number(values.hosts), Number(values.services), Number(values.shards)];
    if (!isCount(shards, MAX_SHARDS)) return `expected --shards from 1 to ${MAX_SHARDS}, got ${values.shards}`;
    if (!isCount(hosts, MAX_HOSTS)) return `expected --hosts from 1 to ${MAX_HOSTS}, got ${values.hosts}`;
    if (!isCount(services, 100)) return `expected --services from 1 to 100, got ${values.services}`;
    // Not every shard has as many as any other.
    const most = shards === 1 ? ORGANIZATION_SERVICES : Math.floor(0.9 * shards * ORGANIZATION_SERVICES);
    if (hosts * services > most) {
      return `expected at most ${most} services in all, as many as an organization may have, got ${hosts * services}: ask for fewer of each host with --services, or for more Fleets with --shards`;
    }
    return fileLimitFault(hosts) ?? { script, hosts, services, shards, json: values.json };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}; see pnpm load --help`;
  }
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${text}`);
  else if (text !== "") process.stderr.write(`${text}\n`);
}
