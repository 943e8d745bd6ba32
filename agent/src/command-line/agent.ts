import { type Command, Option } from "commander";
import type { InitOptions } from "../cli/init.ts";
import type { DownOptions } from "../cli/down.ts";
import type { LinkOptions } from "../cli/link.ts";
import type { UpOptions } from "../cli/up.ts";
import { ON_TERM } from "../signals.ts";
import { finish } from "./finish.ts";
import { placeOf } from "./place.ts";
import { describeReload } from "./reload.ts";

/** The agent itself: its first configuration, its start and its end, its cloud. */
export function describeAgent(program: Command): void {
  program
    .command("init")
    .description("look around and propose a first afloat.yaml: scripts, Procfile, pm2, compose, what listens")
    .option("--force", "also where there is one already")
    .option("-y, --yes", "do not ask")
    .option("--json", "only print what was found, and the proposal; write nothing")
    .option("--schema", "print the JSON Schema of afloat.yaml instead, for editors")
    .addHelpText(
      "after",
      "\nReads package.json, Procfile, ecosystem.config.*, supervisord.conf, manage.py, pyproject.toml and compose files as data; runs nothing.\nA health path is written only where something listens and that path answered.\n\nExamples:\n  afloat init\n  afloat init --yes\n  afloat init --schema > afloat.schema.json",
    )
    .action(async (options: InitOptions) =>
      finish(async () => (await import("../cli/init.ts")).init(placeOf(program), options)),
    );
  program
    .command("up")
    .description("start every service and watch them; Ctrl-C stops them")
    .option("-d, --daemon", "in the background")
    .option("--prepare", "only check the configuration and leave it for `afloat daemon`, which a service manager runs")
    .addOption(
      new Option(
        "--on-term <what>",
        "what SIGTERM does to the services: leave them to the next agent (so unless said), or stop them first (so in a container)",
      ).choices(ON_TERM),
    )
    .option("-q, --quiet", "with --daemon: print nothing where all is up")
    .option("--json", "with --daemon: the status, for machines")
    .addHelpText(
      "after",
      "\nWith --daemon it returns when everything is up, with exit code 1 where something is not.\n\nExamples:\n  afloat up\n  afloat up --daemon --json",
    )
    .action(async (options: UpOptions) =>
      finish(async () => (await import("../cli/up.ts")).up(placeOf(program), options)),
    );
  describeReload(program);
  program
    .command("down")
    .description("stop every service, then the agent")
    .option("--planned", "say to the cloud that it is on purpose")
    .option("--for <duration>", "the same, and that it is to be missed after so long, like 2h")
    .option("-q, --quiet", "print nothing")
    .option("--json", "for machines: ended, lines")
    .addHelpText(
      "after",
      "\nReturns when the last process is gone. A host that was stopped so is no alarm; with --for it is one when it is not back in time.\n\nExamples:\n  afloat down\n  afloat down --for 2h      a longer repair",
    )
    .action(async (options: DownOptions) =>
      finish(async () => (await import("../cli/down.ts")).down(placeOf(program), options)),
    );
  describeCloud(program);
}

/** The way to a cloud. */
function describeCloud(program: Command): void {
  program
    .command("enroll")
    .description("connect this host to a cloud: status page, dashboard, alerts")
    .option("--cloud <url>", "its address; `cloud:` of the configuration if not said")
    .option("--name <name>", "what this host is called there; its host name if not said")
    .option("--again", "also where it is enrolled already")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nThe enrolment key comes from the dashboard (Add a host), by AFLOAT_ENROLMENT_KEY or at the prompt: never as an argument.\n\nExample:\n  AFLOAT_ENROLMENT_KEY=… afloat enroll --cloud https://afloat.example.com",
    )
    .action(async (options: { cloud?: string; name?: string; again?: boolean; json?: boolean }) =>
      finish(async () => (await import("../cli/enroll.ts")).enroll(placeOf(program), options)),
    );
  program
    .command("link")
    .description("the way to the cloud: how it stands and why, what is not told yet, the last tries, what mends it")
    .option("-q, --quiet", "print nothing: the exit code says it")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nExit code 1 where this host is not connected. A proxy is named by HTTPS_PROXY and NO_PROXY in the agent's environment, an authority\nof your own by cloud_ca in afloat.yaml.\n\nExamples:\n  afloat link                     why is this host not on the dashboard?\n  afloat link -q || alert-me      in a job",
    )
    .action(async (options: LinkOptions) =>
      finish(async () => (await import("../cli/link.ts")).link(placeOf(program), options)),
    );
}
