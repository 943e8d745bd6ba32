import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LinkReport } from "../src/control/protocol.ts";
import { CloudDouble } from "./cloud-double.ts";
import { fixture, Host, until } from "./host.ts";
import { ProxyDouble } from "./proxy-double.ts";

const PASSWORD = "geheim-7431";
let cloud: CloudDouble;
let proxy: ProxyDouble;
let host: Host;
let address: string;

beforeEach(async () => {
  const pem = readFileSync(fixture("cloud.pem"), "utf8");
  cloud = await CloudDouble.open({ key: pem, cert: pem });
  proxy = await ProxyDouble.open();
  proxy.wants = `anna:${PASSWORD}`;
  // A name that only the proxy knows: what arrives came through it.
  address = `https://cloud.afloat.test:${new URL(cloud.url).port}`;
  host = new Host(configOf("cloud_ca: ./ca.pem\n"));
  copyFileSync(fixture("authority.pem"), join(host.dir, "ca.pem"));
  copyFileSync(fixture("self-signed.pem"), join(host.dir, "other.pem"));
  process.env["HTTPS_PROXY"] = `http://anna:${PASSWORD}@127.0.0.1:${proxy.port}`;
  process.env["AFLOAT_ENROLMENT_KEY"] = `afk_${"k".repeat(43)}`;
});

afterEach(async () => {
  await host.end();
  await proxy.close();
  await cloud.close();
  for (const name of ["HTTPS_PROXY", "AFLOAT_ENROLMENT_KEY", "NODE_EXTRA_CA_CERTS"]) delete process.env[name];
});

const configOf = (ca: string) => `cloud: ${address}\n${ca}services:\n  web: sleep 1000\n`;

async function enrol(): Promise<void> {
  cloud.enrolment = {
    status: 200,
    body: JSON.stringify({
      ...{ credential: "afa_org.host.1.mac", organization: { name: "Aurora", slug: "aurora" } },
      ...{ host: { id: "host", name: "web-1" }, dashboard: `${address}/app` },
    }),
  };
  expect(await host.run("enroll")).toMatchObject({ code: 0, err: "" });
}

async function report(): Promise<LinkReport> {
  const whole: LinkReport = JSON.parse((await host.run("link", "--json")).out);
  return whole;
}

const see = (what: (link: NonNullable<Awaited<ReturnType<Host["status"]>>>["link"]) => boolean, name: string) =>
  until(async () => {
    const status = await host.status();
    return status !== null && what(status.link);
  }, name);

it("behind a proxy, with an authority of one's own: enrolled, connected, told; what stands between is told with what mends it", async () => {
  await enrol();
  const agent = await host.start();
  await see(({ kind, unsent }) => kind === "connected" && unsent === 0, "connected, and all is told");
  const up = await report();
  expect(up).toMatchObject({
    status: { kind: "connected", via: "socket" },
    host: { id: "host", name: "web-1", organization: "Aurora" },
    proxy: { shown: `http://127.0.0.1:${proxy.port}`, variable: "HTTPS_PROXY", hasPassword: true },
    tls: { issuer: "Afloat tests, an authority of the tests" },
    authority: join(host.dir, "ca.pem"),
    events: { waiting: 0, onTheWay: 0, held: 0 },
    history: [{ outcome: "connected", via: "socket", times: 1 }],
  });
  expect(Math.abs(up.status.clock?.aheadMs ?? 1e9)).toBeLessThan(5_000);
  const shown = await host.run("link");
  expect(shown).toMatchObject({ code: 0, err: "" });
  for (const part of ["by WebSocket, for", "web-1 of Aurora", "agrees with the cloud's", "with a password", "ca.pem"])
    expect(shown.out).toContain(part);

  proxy.refuse = 403;
  cloud.cut();
  await see((link) => link.kind === "connecting" && link.fault === "proxy-refused", "the proxy refuses");
  const { out, code } = await host.run("link");
  expect(code).toBe(1);
  expect(await host.run("link", "--quiet")).toEqual({ code: 1, out: "", err: "" });
  const told = [out, (await host.run("status")).out, (await host.run("doctor")).out];
  for (const each of told) {
    expect(each.replaceAll(/\s+/g, " ")).toContain("does not let us through to cloud.afloat.test (403)");
    expect(each).toContain("NO_PROXY=cloud.afloat.test");
  }

  agent.kill("SIGTERM");
  await until(() => agent.exitCode !== null, "the agent is gone");
  expect((await host.run("link")).code).toBe(3);
  proxy.refuse = null;
  await host.start();
  await see(({ kind }) => kind === "connected", "connected again");
  const outcomes = (await report()).history.map(({ outcome }) => outcome);
  expect(outcomes).toEqual(expect.arrayContaining(["connected", "proxy-refused"]));
  expect(outcomes.filter((outcome) => outcome === "connected")).toHaveLength(2);

  const files = readdirSync(host.stateDir, { recursive: true, encoding: "utf8" })
    .map((name) => join(host.stateDir, name))
    .filter((path) => statSync(path).isFile());
  for (const text of [...told, JSON.stringify(up), ...files.map((path) => readFileSync(path, "utf8"))])
    expect(text).not.toMatch(new RegExp(`${PASSWORD}|${Buffer.from(PASSWORD).toString("base64").slice(0, 8)}`));
  expect(proxy.asked.length).toBeGreaterThan(2);
});

it("authorities of NODE_EXTRA_CA_CERTS are trusted, too, for a proxy by https as well; beside cloud_ca nobody is, and a reload changes that at once", async () => {
  const pem = readFileSync(fixture("self-signed.pem"), "utf8");
  const secure = await ProxyDouble.open({ key: pem, cert: pem });
  secure.wants = `anna:${PASSWORD}`;
  const both = join(host.dir, "both.pem");
  writeFileSync(both, readFileSync(fixture("authority.pem"), "utf8") + pem.slice(pem.indexOf("-----BEGIN CERT")));
  process.env["HTTPS_PROXY"] = `https://anna:${PASSWORD}@127.0.0.1:${secure.port}`;
  host.configure(configOf(""));
  try {
    expect((await host.run("enroll")).err).toContain(`the proxy https://127.0.0.1:${secure.port} is not reached: self`);
    expect(secure.asked).toEqual([]);
    process.env["NODE_EXTRA_CA_CERTS"] = both;
    await host.start();
    expect(await host.run("link")).toMatchObject({
      code: 1,
      out: expect.stringContaining("this host is not enrolled"),
    });
    await enrol();
    await see(({ kind }) => kind === "connected", "connected");
    host.configure(configOf("cloud_ca: ./other.pem\n"));
    expect((await host.run("reload", "--yes")).code).toBe(0);
    await see((link) => link.kind === "connecting" && link.fault === "certificate", "not trusted");
    expect((await report()).status).toMatchObject({ mend: expect.stringContaining("cloud_ca") });
    host.configure(configOf("cloud_ca: ./ca.pem\n"));
    expect((await host.run("reload", "--yes")).code).toBe(0);
    await see(({ kind }) => kind === "connected", "connected again");
  } finally {
    await secure.close();
  }
});
