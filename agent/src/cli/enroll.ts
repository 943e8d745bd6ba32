import { arch, hostname } from "node:os";
import { enrollAnswer } from "@afloat/shared/wire";
import * as v from "valibot";
import type { Place } from "./place.ts";
import { cloudFault, readCredential, writeCredential } from "../link/credential.ts";
import { osName } from "../link/host-facts.ts";
import { postJson } from "../link/post.ts";
import { cloudOf } from "../config/cloud.ts";

interface EnrollOptions {
  cloud?: string;
  name?: string;
  again?: boolean;
  json?: boolean;
}

/** `afloat enroll`: trades an enrolment key for this host's own credential. The key never comes by argv, where others could read it. */
export async function enroll(place: Place, options: EnrollOptions): Promise<number> {
  const known = readCredential(place.stateDir);
  if (known !== null && options.again !== true) {
    console.error(
      `this host is enrolled already, as ${known.host.name} with ${known.organization.name} at ${known.cloud}; to enrol it anew: afloat enroll --again`,
    );
    return 1;
  }
  const cloud = (options.cloud ?? cloudOf(place.configFile) ?? "").replace(/\/$/, "");
  if (cloud === "") {
    console.error("expected the cloud's address: afloat enroll --cloud https://…, or `cloud:` in afloat.yaml");
    return 2;
  }
  const fault = cloudFault(cloud);
  if (fault !== null) {
    console.error(fault);
    return 2;
  }
  const key = process.env["AFLOAT_ENROLMENT_KEY"]?.trim() ?? (await askForKey(cloud));
  if (!/^afk_[A-Za-z0-9_-]{43}$/.test(key)) {
    console.error(
      "expected an enrolment key (afk_…) in AFLOAT_ENROLMENT_KEY or at the prompt; the dashboard makes one, under Add a host",
    );
    return 2;
  }
  return exchange(place, cloud, key, options);
}

async function exchange(place: Place, cloud: string, key: string, options: EnrollOptions): Promise<number> {
  const host = { name: options.name ?? hostname(), os: osName(), arch: arch() };
  let answer;
  try {
    answer = await postJson(`${cloud}/agent/enroll`, key, { host });
  } catch (error) {
    console.error(`${cloud} cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const body = parseJson(answer.body);
  const parsed = v.safeParse(enrollAnswer, body);
  if (answer.status !== 200 || !parsed.success) {
    const refusal = v.safeParse(v.object({ error: v.object({ message: v.string() }) }), body);
    console.error(
      refusal.success
        ? `${cloud} refused: ${refusal.output.error.message}`
        : `${cloud} answered ${answer.status}, and not as Afloat does: is the address right?`,
    );
    return 1;
  }
  writeCredential(place.stateDir, { ...parsed.output, cloud });
  const { organization, dashboard } = parsed.output;
  if (options.json === true) console.log(JSON.stringify({ organization, host: parsed.output.host, dashboard, cloud }));
  else
    console.log(
      `enrolled as ${parsed.output.host.name} with ${organization.name}; an agent that runs here connects by itself\n${dashboard}`,
    );
  return 0;
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // The caller says that it was not Afloat's answer.
    return null;
  }
}

/** Asks on a terminal, without showing what is typed; an empty answer where there is no terminal. */
function askForKey(cloud: string): Promise<string> {
  if (!process.stdin.isTTY) return Promise.resolve("");
  process.stderr.write(`Enrolment key (afk_…, from ${cloud}/app/hosts/new): `);
  process.stdin.setRawMode(true);
  return new Promise((resolve) => {
    let typed = "";
    process.stdin.on("data", (chunk: Buffer) => {
      for (const char of chunk.toString("utf8")) {
        if (char === "\u0003") process.exit(130);
        if (char !== "\r" && char !== "\n") {
          typed += char;
          continue;
        }
        process.stdin.setRawMode(false);
        process.stdin.pause();
        process.stderr.write("\n");
        return resolve(typed.trim());
      }
    });
  });
}
