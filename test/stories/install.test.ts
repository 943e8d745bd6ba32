import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { openBrowser } from "./house/browser.ts";
import { House } from "./house/house.ts";
import type { Member } from "./house/member.ts";

let house: House;
let owner: Member;
let browser: Browser;
const home = mkdtempSync(join(tmpdir(), "afloat-home-"));

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await inHome(`${home}/.local/bin/afloat down || true`);
  await house.end();
  rmSync(home, { recursive: true, force: true });
});

/** An ordinary user with an empty home folder. Where the tests run as root, that is `nobody`. */
const asRoot = userInfo().uid === 0;
const NOBODY = 65_534;

function inHome(line: string): Promise<{ code: number | null; out: string }> {
  const node = join(home, "node");
  mkdirSync(node, { recursive: true });
  chmodSync(home, 0o755);
  const child = spawn("/bin/sh", ["-c", line], {
    cwd: home,
    // Nothing of ours in it: no pnpm, no state of this test.
    env: { HOME: home, PATH: process.env["PATH"] ?? "", AFLOAT_NODE: process.execPath },
    stdio: ["ignore", "pipe", "pipe"],
    ...(asRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out })));
}

it("the line from Add a host, pasted by an ordinary user, ends in a green row on the open page", async () => {
  if (asRoot) await give(home);
  const page = await owner.open(browser, "/app/hosts/new");
  await page.getByRole("button", { name: "Make the line" }).click();
  const line = (await page.locator("#install-line").innerText()).trim();
  expect(line).toMatch(/^curl -fsSL http:\/\/127\.0\.0\.1:\d+\/install\.sh \| AFLOAT_ENROLMENT_KEY=afk_\S{43} sh$/);

  const dashboard = await owner.open(browser);
  await dashboard.locator('[data-live="yes"]').waitFor();
  expect(await dashboard.locator("h1").innerText()).toBe("No host yet");
  const { code, out } = await inHome(line);
  expect(code, out).toBe(0);
  expect(out).toContain("checksum right");
  await dashboard.locator('[data-link="online"]').waitFor({ timeout: 60_000 });

  // The installed command finds its configuration by itself.
  const status = await inHome(`${home}/.local/bin/afloat status --json`);
  expect(JSON.parse(status.out).link).toMatchObject({ kind: "connected" });
  // The key is spent, and in no file.
  const key = /afk_\S{43}/.exec(line)?.[0] ?? "";
  const left = await inHome(`grep -rl ${key} ${home} || true`);
  expect(left.out.trim()).toBe("");
  const config = readFileSync(join(home, ".config/afloat/afloat.yaml"), "utf8");
  expect(config).toContain(`cloud: ${house.server.url}`);
});

it("the same line again: this host stays as it is, and another cannot use its key", async () => {
  const key = await house.enrolmentKey("aurora");
  const line = `curl -fsSL ${house.server.url}/install.sh | AFLOAT_ENROLMENT_KEY=${key} sh`;
  const again = await inHome(line);
  expect(again.code, again.out).toBe(0);
  expect(again.out).toContain("enrolled already");
  const enrol = `AFLOAT_ENROLMENT_KEY=${key} ${home}/.local/bin/afloat --state ${home}/other enroll`;
  expect((await inHome(enrol)).code).toBe(0);
  const second = await inHome(enrol.replace("/other", "/third"));
  expect(second.code).toBe(1);
  expect(second.out).toContain("works once and was used already");
});

it("a download that does not match its checksum is not run", async () => {
  const broken = `curl -fsSL ${house.server.url}/install.sh | sed 's#agent/afloat.cjs"#agent/release.json"#' | sh`;
  const { code, out } = await inHome(broken);
  expect(code).not.toBe(0);
  expect(out).toContain("the download is broken");
});

/** Makes the folder the ordinary user's own. */
async function give(path: string): Promise<void> {
  const { chownSync } = await import("node:fs");
  chownSync(path, NOBODY, NOBODY);
}
