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
let page: Page;
const receiver = new Receiver();

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  const channel = { slug: "aurora", name: "On call", url: await receiver.listen() };
  receiver.secret = (await house.server.operator<{ secret: string }>("/channel", channel)).secret;
  const flaky = `services:\n  flaky:\n    command: sh -c "[ ! -e broken ] && exec sleep 1000"\n    restart: never\n`;
  host = await house.addHost("aurora", "web-1", flaky);
  await host.see("flaky", ({ pid }) => pid !== null, "runs");
  browser = await openBrowser();
  page = await owner.open(browser, "/app/maintenance");
  page.setDefaultTimeout(60_000);
});

afterAll(async () => {
  await browser?.close();
  receiver.close();
  await house.end();
});

it("a host that is worked on is said to be so, nobody is told of what happens on it, and what stands still when that ends is told then", async () => {
  // By the reader's own clock, as the form takes it.
  const wall = (ms: number) =>
    page.evaluate((at) => {
      const date = new Date(at);
      return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    }, ms);
  await page.fill("#title", "A larger disk");
  await page.fill("#note", "The page may be slow for a while.");
  await page.fill("#starts", await wall(Date.now() - 60_000));
  await page.fill("#ends", await wall(Date.now() + 3_600_000));
  await page.fill("#covers", "web-9");
  await page.locator("form.announce button.strong").click();
  expect(await page.locator('[data-fault="covers"]').innerText()).toContain("`web-9` is none here: there is web-1");
  expect(await page.locator("#note").inputValue()).toBe("The page may be slow for a while.");
  await page.fill("#covers", "web-1");
  await page.locator("form.announce button.strong").click();
  await page.locator('[data-maintenance="A larger disk"][data-standing="running"]').waitFor();

  const { pid } = await host.see("flaky", (flaky) => flaky.pid !== null, "runs");
  host.write("broken", "");
  process.kill(pid ?? 0, "SIGKILL");
  const fleet = await owner.open(browser);
  await fleet.locator('[data-incident="service-down"]').waitFor();
  expect(await fleet.locator('[data-incident="service-down"]').innerText()).toContain("nobody is told before");
  expect(await fleet.locator('[data-host="web-1"]').innerText()).toContain("in maintenance until");
  const status = await (await browser.newContext()).newPage();
  await status.goto(`${house.server.url}/s/aurora`);
  await status.locator('[data-component="flaky"][data-status="maintenance"]').waitFor();
  expect(await status.locator('[data-maintenance="running"]').innerText()).toContain("A larger disk");
  expect(receiver.received).toEqual([]);

  await page.locator("text=End now").click();
  const told = await until("it to be told", () => receiver.received.at(0));
  expect(told.data.incident).toMatchObject({ kind: "service-down" });
  await status.locator('[data-component="flaky"][data-status="outage"]').waitFor();
  expect(receiver.received.length).toBe(1);
});
