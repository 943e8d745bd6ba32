import { accessSync, constants, mkdirSync } from "node:fs";
import { arch, hostname } from "node:os";
import { enrollAnswer, enrollRequest } from "@afloat/shared/wire";
import * as v from "valibot";
import { cloudOf } from "../config/cloud.ts";
import { cloudFault, type Credential, readCredential, writeCredential } from "../link/credential.ts";
import { messageOf } from "../error-words.ts";
import { failedBy } from "../link/answer.ts";
import type { Answer } from "../link/core/decide-fault.ts";
import { mendOf } from "../link/core/faults.ts";
import { osName } from "../link/host-facts.ts";
import { Poster } from "../link/post.ts";
import { wayTo } from "../link/way.ts";
import type { Place } from "./place.ts";
import { askHidden } from "./ask-hidden.ts";

interface EnrollOptions {
  cloud?: string;
  name?: string;
  again?: boolean;
  json?: boolean;
}

/** How enrolling went. `code` is for scripts, and is the exit code's reason: 1 for what the cloud says, 2 for what was typed. */
type Outcome =
  | { kind: "enrolled"; credential: Credential }
  | { kind: "failed"; exit: 1 | 2; code: string; why: string };

/** `afloat enroll`: trades an enrolment key for this host's own credential. The key never comes by argv, where others could read it. */
export async function enroll(place: Place, options: EnrollOptions): Promise<number> {
  const outcome = await attempt(place, options);
  if (outcome.kind === "failed") {
    if (options.json === true) console.log(JSON.stringify({ error: { code: outcome.code, message: outcome.why } }));
    else console.error(outcome.why);
    return outcome.exit;
  }
  const { organization, host, dashboard, cloud } = outcome.credential;
  if (options.json === true) console.log(JSON.stringify({ organization, host, dashboard, cloud }));
  else {
    console.log(`enrolled as ${host.name} with ${organization.name}; an agent that runs here connects by itself`);
    console.log(dashboard);
  }
  return 0;
}

async function attempt(place: Place, options: EnrollOptions): Promise<Outcome> {
  const known = readCredential(place.stateDir);
  if (known !== null && options.again !== true) {
    const as = `as ${known.host.name} with ${known.organization.name} at ${known.cloud}`;
    return failed(
      1,
      "enrolled-already",
      `this host is enrolled already, ${as}; to enrol it anew: afloat enroll --again`,
    );
  }
  const configured = cloudOf(place.configFile);
  const cloud = (options.cloud ?? configured.address ?? known?.cloud ?? "").replace(/\/+$/, "");
  if (cloud === "") {
    return failed(
      2,
      "no-address",
      "expected the cloud's address: afloat enroll --cloud https://…, or `cloud:` in afloat.yaml",
    );
  }
  const fault = cloudFault(cloud);
  if (fault !== null) return failed(2, "bad-address", fault);
  const request = v.safeParse(enrollRequest, {
    host: { name: options.name ?? hostname(), os: osName(), arch: arch() },
  });
  if (!request.success) return failed(2, "bad-name", "expected --name with 1 to 255 characters");
  // Looked at before the key is spent: a key may work only once.
  const closed = folderFault(place.stateDir);
  if (closed !== null) return failed(2, "no-state-folder", `${place.stateDir} cannot be written: ${closed}`);
  const key = process.env["AFLOAT_ENROLMENT_KEY"]?.trim() ?? (await askForKey(cloud));
  if (!/^afk_[A-Za-z0-9_-]{43}$/.test(key)) {
    const where = "in AFLOAT_ENROLMENT_KEY or at the prompt; the dashboard makes one, under Add a host";
    return failed(2, "no-key", `expected an enrolment key (afk_ and 43 more characters) ${where}`);
  }
  const answer = await exchange({ cloud, authority: configured.authority }, key, JSON.stringify(request.output));
  return "kind" in answer ? answer : taken(place, cloud, answer);
}

async function exchange(
  { cloud, authority }: { cloud: string; authority: string | null },
  key: string,
  request: string,
): Promise<Answer | Outcome> {
  try {
    const poster = new Poster(wayTo(cloud, authority), key);
    return await poster.post("/agent/enroll", request).finally(() => poster.close());
  } catch (error) {
    const { kind, why } = failedBy(error, cloud);
    const mend = mendOf(kind, cloud) ?? "is the address right, and does this host reach it?";
    return failed(1, "not-reachable", `${cloud} cannot be reached: ${why}; ${mend}`);
  }
}

function taken(place: Place, cloud: string, answer: Answer): Outcome {
  const parsed = v.safeParse(fromJson(enrollAnswer), answer.body);
  if (answer.status !== 200 || !parsed.success) return refusal(cloud, answer);
  const credential = { ...parsed.output, cloud };
  writeCredential(place.stateDir, credential);
  return { kind: "enrolled", credential };
}

/** Why the cloud did not enrol us: its own words, where they are Afloat's. */
function refusal(cloud: string, { status, body, location }: Answer): Outcome {
  const said = v.safeParse(fromJson(v.object({ error: v.object({ code: v.string(), message: v.string() }) })), body);
  if (said.success) return failed(1, said.output.error.code, `${cloud} refused: ${said.output.error.message}`);
  if (location !== null) {
    const why = `${cloud} has moved to ${location}; redirects are not followed, since a key goes nowhere but where you say: use that address`;
    return failed(1, "moved", why);
  }
  return failed(1, "not-afloat", `${cloud} answered ${status}, and not as Afloat does: is the address right?`);
}

const failed = (exit: 1 | 2, code: string, why: string): Outcome => ({ kind: "failed", exit, code, why });

const fromJson = <Schema extends v.GenericSchema>(schema: Schema) => v.pipe(v.string(), v.parseJson(), schema);

/** An empty answer where there is no terminal to ask on. */
function askForKey(cloud: string): Promise<string> {
  return process.stdin.isTTY ? askHidden(`Enrolment key (afk_…, from ${cloud}/app/hosts/new): `) : Promise.resolve("");
}

function folderFault(dir: string): string | null {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
