import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, Page } from "playwright-core";
import type { LiveMessage } from "@afloat/worker/live";
import { openBrowser } from "./house/browser.ts";
import { House } from "./house/house.ts";
import type { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { serviceOn } from "./house/service.ts";
import { until } from "./house/until.ts";
import { claimPorts } from "../claim-ports.ts";

let house: House;
let owner: Member;
let host: StoryHost;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  const [web, wrong] = [await claimPorts(), await claimPorts()];
  host = await house.addHost(
    "aurora",
    "web-1",
    `remote: [restart, start, stop, check, logs]\nservices:\n${serviceOn("web", web, "health: /healthz")}${serviceOn("backend", wrong, "health: /health")}`,
  );
  await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  await host.see("backend", ({ diagnosis }) => diagnosis !== null, "is degraded, with its diagnosis");
  browser = await openBrowser();
  page = await owner.open(browser);
  page.setDefaultTimeout(60_000);
});

afterAll(async () => {
  await browser?.close();
  await house.end();
});

const row = (name: string) => page.locator(`[data-service="web-1/${name}"]`);

describe("the dashboard", () => {
  it("is live, without a reload, and without anything its own rules for content would refuse", async () => {
    const refused: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") refused.push(message.text());
    });
    await page.reload();
    await page.locator('[data-live="yes"]').waitFor();
    expect(refused).toEqual([]);
  });

  it("shows a wrong health check as what it is: up, nobody restarted, and the line to write", async () => {
    await row("backend").and(page.locator('[data-verdict="degraded"]')).waitFor();
    const text = await page.locator("#dashboard").innerText();
    expect(text).toContain("unproven: never answered");
    expect(text).toContain("health: /healthz");
    expect(await row("backend").getAttribute("data-state")).toBe("up");
  });

  it("leads from trouble to what to do about it, on a phone, too, where nothing is wider than the screen", async () => {
    const phone = await owner.open(browser);
    await phone.setViewportSize({ width: 390, height: 844 });
    const tooWide = () => phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    const link = phone.locator('[href="/runbook#wrong-path"]');
    await link.waitFor();
    expect(await tooWide()).toBe(0);
    await phone.goto(new URL((await link.getAttribute("href")) ?? "", house.server.url).href);
    expect(await phone.locator(":target").innerText()).toContain("The server answers 404");
    expect(await tooWide()).toBe(0);
    await phone.close();
  });

  it("shows what each service uses, live, to everyone who looks", async () => {
    await page.reload();
    const use = row("web").locator("[data-memory]");
    await use.waitFor();
    // The first look may meet a process that has only just begun.
    await until("its memory", async () => Number(await use.getAttribute("data-memory")) > 1024 * 1024);
    // The rate needs two looks.
    await row("web").locator("[data-cpu]:not([data-cpu=''])").waitFor();
    expect(await use.innerText()).toMatch(/^\d[\d.]* % · \d[\d.]* MB$/);
    const word = (seen: LiveMessage[]) => seen.filter(({ type }) => type === "measures").length;
    const other = await owner.watch();
    await until("the stream", () => word(other.messages) > 0);
    other.close();
  });

  it("shows a service's death and its return as they happen", async () => {
    const before = (await host.see("web", ({ pid }) => pid !== null, "runs")).pid ?? 0;
    const seen = await owner.watch();
    const killedMs = Date.now();
    process.kill(before, "SIGKILL");
    await page.waitForFunction(
      (pid) => {
        const shown = document.querySelector('[data-service="web-1/web"]');
        const now = shown?.getAttribute("data-pid");
        return now !== pid && now !== "" && shown?.getAttribute("data-verdict") === "healthy";
      },
      String(before),
      { polling: 20 },
    );
    console.log(`killed, and shown healthy again after ${Date.now() - killedMs} ms`);
    const death = await until("the death to be pushed", () =>
      seen.messages
        .flatMap((message) => (message.type === "service" ? message.service.snapshot : []))
        .find(({ name }) => name === "web"),
    );
    seen.close();
    expect(death, "the death was pushed, as such").toMatchObject({
      verdict: "starting",
      lastExit: { signal: "SIGKILL", code: null },
      restarts: 1,
    });
    await row("web").locator('[data-last-exit="SIGKILL"]').waitFor();
    await until("the public page to be green again", async () =>
      (await (await fetch(`${house.server.url}/s/aurora.json`)).text()).includes('"status":"operational","sentence"'),
    );
  });

  it("restarts a service on the press of a button, asks first, and shows each step", async () => {
    const before = await host.see("web", ({ pid }) => pid !== null, "runs");
    const seen = await owner.watch();
    await row("web").getByRole("button", { name: "Restart" }).click();
    await row("web").getByText("Leave it").waitFor();
    await row("web").locator("[data-confirm]").click();
    await row("web").locator('[data-step="done"]').waitFor();
    const steps = await row("web").locator("[data-step-shown]").allInnerTexts();
    expect(steps.map((step) => step.replace("› ", "").trim())).toEqual(["queued", "delivered", "running", "done"]);
    const after = await host.see("web", ({ pid }) => pid !== null && pid !== before.pid, "has a new process");
    expect(after.desired).toBe("run");
    seen.close();
    const audit = await house.auditLines("aurora");
    expect(
      audit.map(({ action, actorKind, actorName, target }) => ({ action, actorKind, actorName, target })),
    ).toContainEqual({
      action: "command.restart",
      actorKind: "person",
      actorName: "aurora's owner",
      target: expect.stringMatching(/\/web$/),
    });
  });

  const choose = async (verb: string) => {
    await row("web").locator("[data-more]").click();
    await row("web").locator(`[data-verb="${verb}"]`).click();
  };

  it("offers beside it what else the host allows, and says of the rest why not", async () => {
    await page.reload();
    await row("web").locator("[data-more]").click();
    const items = row("web").locator('[role="menuitem"]');
    const offered = await items.evaluateAll((all) =>
      all.map((item) => `${item.getAttribute("data-verb")} ${item.getAttribute("aria-disabled") === "true"}`),
    );
    expect(offered).toEqual(["check false", "logs false", "start true", "resume true", "pause true", "stop false"]);
    expect(await row("web").locator('[data-verb="pause"]').innerText()).toContain("not allowed there");
    expect(await row("web").locator('[role="menu"]').innerText()).toContain("under remote: in afloat.yaml");
    await row("web").locator('[data-verb="pause"]').click({ force: true });
    expect(await items.count(), "what is greyed does nothing").toBe(6);
    await page.keyboard.press("Escape");
    await until("the menu to be closed", async () => (await items.count()) === 0);
  });

  it("checks a service now, and shows in words what was found, until that is closed", async () => {
    await choose("check");
    const answer = page.locator('[data-answer="check"]');
    await answer.waitFor();
    expect(await answer.innerText()).toMatch(/^healthy: GET \/healthz → 200/);
    expect(await answer.innerText()).toContain("asked by aurora's owner");
    await answer.getByRole("button").click();
    await until("the answer to be closed", async () => (await answer.count()) === 0);
  });

  it("shows the last lines of its output to who asked, without secrets, and to nobody else", async () => {
    const other = await owner.open(browser);
    await other.locator('[data-live="yes"]').waitFor();
    await choose("logs");
    const lines = page.locator('[data-answer="logs"] pre');
    await lines.waitFor();
    expect(await lines.innerText()).toContain("listen");
    expect((await house.auditLines("aurora")).map(({ action }) => action)).toContain("command.logs");
    await other.locator("[data-asked]").first().waitFor();
    expect(await other.locator('[data-answer="logs"]').count()).toBe(0);
    await other.context().close();
  });

  it("asks before it stops a service, and starts it again; the host's own story says who asked", async () => {
    await choose("stop");
    await row("web").getByText("It stays down until somebody starts it").waitFor();
    await row("web").locator('[data-confirm="stop"]').click();
    await row("web").and(page.locator('[data-verdict="paused"]')).waitFor();
    await choose("start");
    await row("web").and(page.locator('[data-verdict="healthy"]')).waitFor();
    const told = host.run(["events", "web", "--kind", "asked", "--lines", "all"]);
    expect(told).toContain("stop asked from the dashboard by aurora's owner: running");
    expect(told).toContain("start asked from the dashboard by aurora's owner: done");
    expect(host.log()).toContain("from afar: stop web, asked by aurora's owner: done: paused");
    const lately = await page.locator('[data-ended="done"]').allInnerTexts();
    expect(lately.join()).toMatch(/stop web on web-1, by aurora's owner\s+\d\d:\d\d:\d\d UTC queued › delivered after/);
  });

  it("refuses what the host does not allow, and says what would allow it", async () => {
    const hostId = await house.hostIdOf(owner, "web-1");
    const answer = await owner.post("/app/commands", { hostId, service: "web", verb: "pause" });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain("add pause to remote: in its afloat.yaml");
  });

  it("can be used by keyboard: find, move, restart asks, escape leaves it", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("back");
    await until("only the backend to be shown", async () => (await row("web").count()) === 0);
    await page.keyboard.press("Escape");
    await row("web").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("r");
    await page.locator("[data-confirm]").waitFor();
    await page.locator("[data-leave]:focus").waitFor();
    await page.keyboard.press("Escape");
    await page.locator('[data-restart="web"]:focus').waitFor();
    await until("the question to be gone", async () => (await page.locator("[data-confirm]").count()) === 0);
    await page.keyboard.press("m");
    await page.locator('[data-verb="check"]:focus').waitFor();
    await page.keyboard.press("ArrowDown");
    await page.locator('[data-verb="logs"]:focus').waitFor();
    await page.keyboard.press("Escape");
    await page.locator("[data-more]:focus").waitFor();
    await until("the menu to be gone", async () => (await page.locator('[role="menu"]').count()) === 0);
  });

  it("says when it is not live", async () => {
    process.kill(house.server.pid(), "SIGKILL");
    await page.locator('[data-live="no"]').waitFor();
    expect(await page.locator(".sub").innerText()).toContain("not live");
    await page.locator('[data-live="yes"]').waitFor();
  });
});
