import { execFile, spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloudDouble } from "./cloud-double.ts";
import { Host, until } from "./host.ts";

const MAIN = fileURLToPath(new URL("../src/afloat.ts", import.meta.url));
const KEY = `afk_${"k".repeat(43)}`;

/** script(1) gives a command a terminal of its own, and tells what that would show. */
const SCRIPT = "/usr/bin/script";

let cloud: CloudDouble;
let host: Host;

beforeEach(async () => {
  cloud = await CloudDouble.open();
  host = new Host("services:\n  web: sleep 1000\n");
});

afterEach(async () => {
  await host.end();
  await cloud.close();
});

function enroll(args: string[], key = KEY): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, AFLOAT_ENROLMENT_KEY: key };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, "enroll", ...args], { cwd: host.dir, env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

function accepts(organization = "Aurora"): void {
  const answer = {
    ...{ credential: "afa_org.host.1.mac", organization: { name: organization, slug: "aurora" } },
    ...{ host: { id: "host", name: "web-1" }, dashboard: `${cloud.url}/app` },
  };
  cloud.enrolment = { status: 200, body: JSON.stringify(answer) };
}

function refuses(status: number, code: string, message: string): void {
  cloud.enrolment = { status, body: JSON.stringify({ error: { code, message } }) };
}

const credentialPath = () => join(host.stateDir, "credential.json");

describe("afloat enroll", () => {
  it("gives the host a credential that only its owner can read, and a running agent connects without a restart", async () => {
    accepts();
    const agent = await host.start();
    const done = await enroll(["--cloud", `${cloud.url}/`]);
    expect(done).toMatchObject({ code: 0, err: "", out: expect.stringContaining("enrolled as web-1 with Aurora") });
    expect(done.out).toContain(`${cloud.url}/app`);
    expect(statSync(credentialPath()).mode & 0o777).toBe(0o600);
    await until(async () => (await host.status())?.link.kind === "connected", "connected");
    expect((await host.status())?.agent.pid).toBe(agent.pid);
    expect(cloud.hellos()[0]?.bearer).toBe("afa_org.host.1.mac");
  });

  it("enrols a host once: anew only with --again, then at the same cloud", async () => {
    accepts();
    await enroll(["--cloud", cloud.url]);
    const again = await enroll([]);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining(`with Aurora at ${cloud.url}`) });
    expect(again.err).toContain("afloat enroll --again");
    accepts("Borealis");
    expect(await enroll(["--again"])).toMatchObject({ code: 0, out: expect.stringContaining("with Borealis") });
  });

  it.each([
    [403, "key-expired", "this enrolment key has expired: make a new one"],
    [403, "key-used", "this enrolment key works once and was used already: make a new one"],
    [403, "key-revoked", "this enrolment key was revoked: make a new one"],
    [401, "unknown-key", "this enrolment key is not known here"],
  ])("hands on the cloud's own words: %s %s", async (status, code, message) => {
    refuses(status, code, message);
    expect(await enroll(["--cloud", cloud.url])).toMatchObject({ code: 1, err: `${cloud.url} refused: ${message}\n` });
    const json = await enroll(["--cloud", cloud.url, "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ error: { code, message: expect.stringContaining(message) } });
    expect(existsSync(credentialPath())).toBe(false);
  });

  it("follows no redirect with a key in its hand, and says where the cloud has moved", async () => {
    cloud.refuse.location = "https://elsewhere.example/agent/enroll";
    cloud.enrolment = { status: 308, body: "" };
    const moved = await enroll(["--cloud", cloud.url]);
    expect(moved).toMatchObject({ code: 1, err: expect.stringContaining("moved to https://elsewhere.example") });
  });

  it.each([
    ["an address that is none", ["--cloud", "afloat.example.com"], KEY, "expected an address like https://"],
    ["http off this machine", ["--cloud", "http://afloat.example.com"], KEY, "expected https"],
    ["a name that is too long", ["--name", "n".repeat(300), "--cloud", "https://a.example"], KEY, "--name"],
    ["no key", ["--cloud", "https://a.example"], "", "AFLOAT_ENROLMENT_KEY"],
    ["half a key", ["--cloud", "https://a.example"], "afk_short", "afk_"],
    ["no address at all", [], KEY, "afloat enroll --cloud https://"],
  ])("what was typed wrong is said with exit code 2, and nobody is called: %s", async (_what, args, key, words) => {
    expect(await enroll(args, key)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
    expect(cloud.asked).toEqual([]);
  });

  it("says who does not answer, and what is not Afloat", async () => {
    expect(await enroll(["--cloud", "http://127.0.0.1:1"])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/cannot be reached: .*ECONNREFUSED/),
    });
    expect(await enroll(["--cloud", "http://localhost:1"])).toMatchObject({
      err: expect.stringContaining("ECONNREFUSED"),
    });
    cloud.enrolment = { status: 200, body: "<html>a router's page</html>" };
    expect(await enroll(["--cloud", cloud.url])).toMatchObject({
      code: 1,
      err: expect.stringContaining("not as Afloat does: is the address right?"),
    });
  });

  it("never shows a key or a credential: not on the terminal, not in the log", async () => {
    accepts();
    await host.start();
    const { out, err } = await enroll(["--cloud", cloud.url, "--json"]);
    await until(async () => (await host.status())?.link.kind === "connected", "connected");
    for (const secret of [KEY, "afa_org.host.1.mac"]) expect(out + err + host.log()).not.toContain(secret);
  });

  it("closes a credential that others could read", async () => {
    accepts();
    await enroll(["--cloud", cloud.url]);
    chmodSync(credentialPath(), 0o644);
    await host.start();
    await until(() => host.log().includes("could be read by others (mode 644)"), "said");
    expect(statSync(credentialPath()).mode & 0o777).toBe(0o600);
  });

  it.skipIf(!existsSync(SCRIPT))("asks for the key on a terminal without showing it", async () => {
    accepts();
    const command = `${process.execPath} ${MAIN} enroll --cloud ${cloud.url}`;
    const { AFLOAT_ENROLMENT_KEY: _key, ...env } = process.env;
    const terminal = spawn(SCRIPT, ["-qec", command, "/dev/null"], { cwd: host.dir, env });
    let shown = "";
    terminal.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString("utf8")));
    await until(
      () => shown.includes("Enrolment key"),
      "the question",
      () => shown,
    );
    // With one mistake in it, taken back.
    terminal.stdin.write(`${KEY}x\u007F\r`);
    await until(
      () => terminal.exitCode !== null,
      "the end",
      () => shown,
    );
    expect(shown).toContain("enrolled as web-1");
    expect(shown).not.toContain("kkkk");
    expect(JSON.parse(readFileSync(credentialPath(), "utf8"))).toMatchObject({ cloud: cloud.url });
  });
});
