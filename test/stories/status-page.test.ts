import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { claimPorts } from "../claim-ports.ts";
import { openBrowser } from "./house/browser.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import { serviceOn } from "./house/service.ts";
import { until } from "./house/until.ts";

let house: House;
let host: StoryHost;
let browser: Browser;
let url: string;

beforeAll(async () => {
  house = await House.build();
  await house.found("aurora");
  const port = await claimPorts();
  const services = `services:\n${serviceOn("web", port, "health: /healthz")}  flaky:\n    command: sh -c "[ ! -e broken ] && exec sleep 1000"\n    restart: never\n`;
  host = await house.addHost("aurora", "web-1", services);
  await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  url = `${house.server.url}/s/aurora`;
  await until("the page to be green", async () => (await (await fetch(url)).text()).includes("Everything is afloat"));
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await house.end();
});

describe("the status page, in a browser", () => {
  it("is whole without JavaScript, in light and dark, and fits a phone", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const viewport = { width: 390, height: 800 };
      const page = await (await browser.newContext({ javaScriptEnabled: false, colorScheme, viewport })).newPage();
      await page.goto(url);
      expect(await page.locator("h1").innerText()).toContain("Everything is afloat");
      expect(await page.locator('[data-component="web"]').getAttribute("data-status")).toBe("operational");
      expect(await page.locator('[data-component="web"] .legend').innerText()).toContain("uptime today");
      await page.context().close();
    }
  });

  it("nothing is wider than the phone, and nothing is refused by its own rules for content", async () => {
    const page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    await page.goto(url);
    await page.locator("h1").waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(360);
    expect(said).toEqual([]);
  });

  it("shows an outage to whoever has it open, without a reload, and that it is over", async () => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(url);
    host.write("broken", "");
    const { pid } = await host.see("flaky", (flaky) => flaky.pid !== null, "runs");
    process.kill(pid ?? 0, "SIGKILL");
    await page.locator('[data-component="flaky"][data-status="outage"]').waitFor();
    expect(await page.locator("h1").innerText()).toContain("flaky is down");
    expect(await page.locator(".incident").innerText()).toContain("flaky: outage");
    host.remove("broken");
    host.run(["restart", "flaky"]);
    await page.locator('[data-component="flaky"][data-status="operational"]').waitFor();
    expect(await page.locator("h1").innerText()).toContain("Everything is afloat");
    expect(await page.locator(".day").first().innerText()).toContain("flaky: outage");
  });

  it("when it can no longer be refreshed, it says so instead of showing old news as new", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await context.setOffline(true);
    await page.locator("#stale").waitFor({ state: "visible", timeout: 60_000 });
    await context.setOffline(false);
    await page.locator("#stale").waitFor({ state: "hidden", timeout: 60_000 });
  });
});
