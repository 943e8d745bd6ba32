import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { House } from "./house/house.ts";
import { CERTIFICATE, MailServer, PASSWORD } from "./house/mail-server.ts";
import type { Member } from "./house/member.ts";
import { saying, Unruly } from "./house/unruly.ts";

/** Mail by real SMTP servers, from the embedded server, as its operator sets it. */

const servers: { close: () => unknown }[] = [];
const houses: House[] = [];
const FROM = "Afloat <alerts@example.com>";
const LOGIN = `afloat:${encodeURIComponent(PASSWORD)}`;

afterAll(async () => {
  for (const each of houses) await each.end();
  for (const each of servers) await each.close();
});

async function mailServer(options: ConstructorParameters<typeof MailServer>[0] = {}): Promise<MailServer> {
  const server = await new MailServer(options).listen();
  servers.push(server);
  return server;
}

/** A house that sends mail so, and its owner. */
async function houseWith(url: string, trusted = true, organization = "aurora"): Promise<Member> {
  const house = await House.build({ mail: { url, from: FROM }, ...(trusted ? { trustedCa: certificateOnly() } : {}) });
  houses.push(house);
  const email = "owner@afloat.local";
  await house.server.operator("/found", { email, name: "Zoë", organization, slug: "aurora" });
  return house.signIn("aurora", email);
}

function certificateOnly(): string {
  return CERTIFICATE.slice(CERTIFICATE.indexOf("-----BEGIN CERTIFICATE"));
}

/** Adds an address, which is asked by mail at once; what the page says of it. */
async function ask(owner: Member, to = "oncall@example.com"): Promise<string> {
  const answer = await owner.submit("/app/channels", { kind: "email", name: "On call", to });
  return (await answer.text()).replaceAll("&#39;", "'").replaceAll("&quot;", '"');
}

describe("a mail server with STARTTLS", () => {
  let server: MailServer;
  let owner: Member;

  beforeAll(async () => {
    server = await mailServer({ secure: false });
    owner = await houseWith(`smtp://${LOGIN}@localhost:${server.port}`);
  });

  it("gets the mail encrypted and signed in, as every mail reader reads it", async () => {
    expect(await ask(owner)).toContain("A mail went to oncall@example.com");
    const [came] = server.came;
    expect(came).toMatchObject({ from: "alerts@example.com", to: ["oncall@example.com"], wasEncrypted: true });
    expect(came?.mail).toMatchObject({
      from: { name: "Afloat", address: "alerts@example.com" },
      to: [{ address: "oncall@example.com" }],
      subject: "May aurora send alerts to this address?",
    });
    const link = /https?:\S+\/alerts-by-mail\/\S+/.exec(came?.mail.text ?? "")?.[0] ?? "";
    await fetch(link, { method: "POST" });
  });

  it("an alert has text and HTML, ASCII lines below 1,000 characters, and its thread", async () => {
    const page = await (await owner.get("/app/channels")).text();
    const id = /\/app\/channels\/([a-z0-9]{24})"/.exec(page)?.[1] ?? "";
    expect(await (await owner.submit(`/app/channels/${id}/test`, {})).text()).toMatch(/heard<\/b> answered 250/);
    const came = server.came.at(-1);
    expect(came?.mail.subject).toBe("Test: web-1 / example is restarting in a loop");
    expect(came?.mail.text).toContain("4 restarts in 38 s");
    expect(came?.mail.html).toContain("<h1");
    expect(came?.mail.references).toMatch(/^<test-\w+@alert.afloat>$/);
    expect(came?.mail.messageId).toMatch(/^<test-\w+@example.com>$/);
    for (const line of (came?.raw ?? "").split("\r\n")) expect(line).toMatch(/^[\t\x20-\x7e]{0,998}$/);
  });

  it("that refuses an address is quoted; what it refuses for a while is no refusal", async () => {
    server.refusal = { code: 550, text: "no such mailbox" };
    expect(await ask(owner, "nobody@example.com")).toContain("550 no such mailbox");
    server.refusal = { code: 451, text: "greylisted" };
    expect(await ask(owner, "later@example.com")).toContain("451 greylisted");
    server.refusal = null;
  });
});

describe("a mail server", () => {
  it("with TLS from the start and AUTH LOGIN gets it too, umlauts whole", async () => {
    const server = await mailServer({ secure: true, authMethods: ["LOGIN"], authOptional: false });
    const name = "Größere Flotte für Straßenbahnen und Überlandbusse 船";
    const owner = await houseWith(`smtps://${LOGIN}@127.0.0.1:${server.port}`, true, name);
    expect(await ask(owner)).toContain("A mail went to");
    expect(server.came[0]?.mail.subject).toBe(`May ${name} send alerts to this address?`);
    expect(server.came[0]?.mail.text).toContain(`Zoë of ${name} wants`);
    expect(server.came[0]).toMatchObject({ wasEncrypted: true });
  });

  it("in the own network may do without TLS, where the operator says so", async () => {
    const server = await mailServer({ secure: false, disabledCommands: ["STARTTLS", "AUTH"] });
    const owner = await houseWith(`smtp://127.0.0.1:${server.port}?tls=off`);
    expect(await ask(owner)).toContain("A mail went to");
    expect(server.came[0]).toMatchObject({ wasEncrypted: false });
  });

  it("that offers no STARTTLS gets neither password nor mail", async () => {
    const server = await mailServer({ secure: false, disabledCommands: ["STARTTLS"] });
    const owner = await houseWith(`smtp://${LOGIN}@127.0.0.1:${server.port}`);
    expect(await ask(owner)).toContain("offers no STARTTLS, and nothing is sent in clear");
    expect(server.came).toEqual([]);
  });

  it("whose certificate nobody vouches for gets nothing", async () => {
    for (const [scheme, secure] of [
      ["smtp", false],
      ["smtps", true],
    ] as const) {
      const server = await mailServer({ secure });
      const owner = await houseWith(`${scheme}://${LOGIN}@127.0.0.1:${server.port}`, false);
      expect(await ask(owner), scheme).toContain("could not be sent");
      expect(server.came).toEqual([]);
    }
  });

  it("that does not take the password says so to the operator, without the password in it", async () => {
    const server = await mailServer({ secure: false });
    const owner = await houseWith(`smtp://afloat:wrong-one@127.0.0.1:${server.port}`);
    const page = await ask(owner);
    expect(page).toContain("does not take name and password of MAIL_URL: 535");
    expect(page).not.toContain("wrong-one");
  });
});

describe("Postmark", () => {
  it("gets a mail as its API has it", async () => {
    const api = await new Unruly(saying(200, '{"ErrorCode":0}')).listen();
    servers.push(api);
    const owner = await houseWith(`postmark+http://token@${new URL(api.url).host}`);
    expect(await ask(owner)).toContain("A mail went to");
    const [came] = api.came;
    expect(came).toMatchObject({ path: "/email", headers: { "x-postmark-server-token": "token" } });
    // postmarkapp.com/developer/api/email-api
    expect(JSON.parse(came?.body ?? "")).toMatchObject({
      ...{ From: FROM, To: "oncall@example.com", MessageStream: "outbound" },
      Headers: [{ Name: "Auto-Submitted", Value: "auto-generated" }],
    });
  });
});
