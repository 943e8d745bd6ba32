import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser } from "./house/browser.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { Receiver } from "./house/receiver.ts";
import { until } from "./house/until.ts";

let house: House;
let host: StoryHost;
let owner: Member;
let browser: Browser;
const receiver = new Receiver();

const SERVICES = `services:
  ingest:
    command: sh -c "if [ -e broken ]; then echo 'cannot open rules.json'; exit 3; fi; exec sleep 1000"
    backoff: { min: 50ms, max: 200ms, stable_after: 1s }
`;

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  const channel = { slug: "aurora", name: "On call", url: await receiver.listen() };
  receiver.secret = (await house.server.operator<{ secret: string }>("/channel", channel)).secret;
  host = await house.addHost("aurora", "worker-2", SERVICES);
  await host.see("ingest", ({ verdict }) => verdict === "healthy", "is up");
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  receiver.close();
  await house.end();
});

it("the link in a message leads to all that is known of it; there it is acknowledged, and kept up to date until it is over", async () => {
  host.run(["pause", "ingest"]);
  host.write("broken", "");
  host.run(["resume", "ingest"], {}, "may fail");
  const told = await until("to be told", () => receiver.received.at(0));
  const page = await openAt(new URL(told.data.link).pathname);
  await page.locator('[data-of="delivery"][data-tone="up"]').waitFor();
  const text = await page.locator("main").innerText();
  expect(text).toMatch(/^■ worker-2 \/ ingest is restarting in a loop: 4 restarts in /);
  for (const words of ["cannot open rules.json", "It began", "ingest is down", "On call heard that it began"]) {
    expect(text).toContain(words);
  }
  expect(await page.evaluate("document.documentElement.scrollWidth"), "nothing is wider than a phone").toBe(390);

  expect(text, "and why it was told").toContain("No rule is about it, so the defaults hold: critical.");
  await page.locator("form[action$=acknowledge] button").click();
  await page.locator('[data-of="acknowledged"]').waitFor();
  expect(await page.locator("main").innerText()).toContain("acknowledged by aurora's owner");
  await until("the others to hear who looks after it", () =>
    receiver.received.find(({ type }) => type === "incident.acknowledged"),
  );

  host.remove("broken");
  await page.locator('#live[data-open="no"]').waitFor();
  await page.locator('[data-of="closed"]').waitFor();
  expect(await page.locator("h1").innerText()).toContain("Over: worker-2 / ingest is restarting in a loop");

  const fleet = await owner.open(browser);
  await fleet.locator('[data-closed="restart-loop"] a').click();
  await fleet.locator('[data-of="opened"]').waitFor();
  expect(fleet.url()).toBe(page.url());
});

/** On a phone. */
async function openAt(path: string): Promise<Page> {
  const page = await owner.open(browser, path);
  page.setDefaultTimeout(60_000);
  await page.setViewportSize({ width: 390, height: 800 });
  return page;
}
