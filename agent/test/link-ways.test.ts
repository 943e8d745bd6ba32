import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import type { AgentMessage } from "@afloat/shared/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TlsFacts } from "../src/link/answer.ts";
import type { Ended, Fault } from "../src/link/core/faults.ts";
import type { Via } from "../src/link/core/link-types.ts";
import { failedBy } from "../src/link/answer.ts";
import { openHttp } from "../src/link/http.ts";
import { openSocket } from "../src/link/socket.ts";
import type { Transport } from "../src/link/transport.ts";
import { wayTo } from "../src/link/way.ts";
import { CloudDouble } from "./cloud-double.ts";
import { fixture, freePort, until } from "./host.ts";
import { ProxyDouble } from "./proxy-double.ts";

/** What ends with the test. */
let owned: { close: () => unknown }[] = [];
beforeEach(() => (owned = []));
afterEach(async () => {
  for (const each of owned.toReversed()) await each.close();
});

function own<T extends { close: () => unknown }>(each: T): T {
  owned.push(each);
  return each;
}

const pem = (name: string) => {
  const text = readFileSync(fixture(name), "utf8");
  return { key: text, cert: text };
};

/** The only name that the certificates of these clouds are for; only a proxy knows where it is. */
const named = (cloud: CloudDouble) => `https://cloud.afloat.test:${new URL(cloud.url).port}`;
const BEAT: AgentMessage = { type: "beat", journalId: "j", runId: "r", lastSeq: 0 };
const hello = (services: number): AgentMessage => ({
  ...{ type: "hello", protocol: 1, agent: { version: "1", node: "v24" }, journalId: "j", bootId: "b", runId: "r" },
  ...{ host: { name: "h", os: "o", arch: "a", cpus: 1, memoryBytes: 1 }, remote: [], firstSeq: 0, lastSeq: 0 },
  clockMs: 1,
  services: Array.from({ length: services }, (_, i) => ({
    ...{
      name: `service-${i}`,
      desired: "run",
      paused: null,
      state: "up",
      verdict: "healthy",
      reasonCode: "endpoint-ok",
    },
    ...{ reason: "GET /healthz → 200", sinceMs: 1, pid: i, port: i, restarts: 0, upSinceMs: 1, nextTryMs: null },
    ...{ loop: null, lastExit: null, endpoint: null, diagnosis: null },
  })),
});

interface Call {
  environment?: Record<string, string>;
  authority?: string | null;
  say?: AgentMessage[];
}

/** One connection: what was heard, until the first message or its end. */
async function call(via: Via, address: string, { environment = {}, authority = null, say = [hello(1)] }: Call = {}) {
  const heard: string[] = [];
  let ended: Ended | null = null;
  let transport: Transport | undefined;
  const ear = {
    opened: () => say.forEach((message) => transport?.send(message)),
    pong: () => {},
    heard: (text: string) => void heard.push(text),
    ended: (how: Ended) => void (ended = how),
  };
  try {
    const way = wayTo(address, authority, environment);
    transport =
      via === "socket"
        ? await openSocket(way, "afa_org.host.1.mac", ear)
        : openHttp(way, "afa_org.host.1.mac", () => BEAT, ear);
    own(transport);
  } catch (error) {
    ended = failedBy(error, address);
  }
  await until(() => heard.length > 0 || ended !== null, `an answer by ${via}`);
  const tls: TlsFacts | null = transport?.tls() ?? null;
  return { heard, transport, tls, ended, isOver: () => ended !== null };
}

const welcome = expect.stringContaining('"type":"welcome"');
const both = ["socket", "http"] as const;

describe("through a proxy", () => {
  it.each(both)(
    "%s goes by CONNECT, opened with the password of its address, and TLS is checked through it",
    async (via) => {
      const cloud = own(await CloudDouble.open(pem("cloud.pem")));
      const proxy = own(await ProxyDouble.open());
      proxy.wants = "anna:p@ss";
      const environment = { HTTPS_PROXY: `http://anna:p%40ss@127.0.0.1:${proxy.port}` };
      const { heard, tls } = await call(via, named(cloud), { environment, authority: fixture("authority.pem") });
      expect(heard[0]).toEqual(welcome);
      expect(proxy.asked.map(({ target }) => target)).toEqual([`cloud.afloat.test:${new URL(cloud.url).port}`]);
      expect(cloud.hellos().map(({ bearer }) => bearer)).toEqual(["afa_org.host.1.mac"]);
      expect(tls).toMatchObject({ issuer: "Afloat tests, an authority of the tests", validToMs: Date.UTC(2119, 0, 1) });
    },
  );

  it("nothing of the credential, nor of what is said, can be read by it", async () => {
    const cloud = own(await CloudDouble.open(pem("cloud.pem")));
    const proxy = own(await ProxyDouble.open());
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    await call("http", named(cloud), { environment, authority: fixture("authority.pem") });
    expect(JSON.stringify(proxy.asked)).not.toContain("afa_");
    expect(proxy.asked[0]?.authorization).toBeUndefined();
  });

  it.each<[string, Fault]>([
    ["407", "proxy-password"],
    ["403", "proxy-refused"],
    ["502", "not-reached"],
    ["away", "proxy-not-reached"],
    ["socks", "proxy-not-reached"],
  ])("one that is %s is told as %s, and never with its password", async (how, kind) => {
    const proxy = own(await ProxyDouble.open());
    proxy.refuse = Number(how) || null;
    const port = how === "away" ? await freePort() : proxy.port;
    const environment = { HTTPS_PROXY: `${how === "socks" ? "socks5" : "http"}://anna:geheim@127.0.0.1:${port}` };
    for (const via of both) {
      const { ended } = await call(via, "https://cloud.afloat.test", { environment });
      expect(ended).toMatchObject({ kind });
      expect(ended?.why).not.toContain("geheim");
    }
  });
});

describe("TLS is always verified", () => {
  it.each<[string, string, string | null, Fault]>([
    ["of an authority that nobody named", "cloud.pem", null, "certificate"],
    ["of another authority than the one that is named", "cloud.pem", "self-signed.pem", "certificate"],
    ["for another name", "self-signed.pem", "self-signed.pem", "certificate"],
    ["that has expired", "cloud-expired.pem", "authority.pem", "clock"],
    ["that is not valid yet", "cloud-not-yet.pem", "authority.pem", "clock"],
    ["of an authority whose file is not there", "cloud.pem", "no-such.pem", "certificate"],
    ["of an authority whose file is something else", "cloud.pem", "ignores-sigterm.mjs", "certificate"],
  ])("a certificate %s (%s, %s) ends the attempt", async (_what, certificate, authority, kind) => {
    const cloud = own(await CloudDouble.open(pem(certificate)));
    const proxy = own(await ProxyDouble.open());
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    for (const via of both) {
      const call_ = call(via, named(cloud), { environment, authority: authority === null ? null : fixture(authority) });
      expect((await call_).ended).toMatchObject({ kind });
    }
    expect(cloud.asked).toEqual([]);
  });
});

/** A server that answers everything alike, upgrades too. */
async function answering(
  respond: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
): Promise<Server> {
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  own({ close: () => (server.closeAllConnections(), server.close()) });
  return server;
}

function addressOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

const ownWords = (code: string) => JSON.stringify({ error: { code, message: "the cloud's words" } });

describe("what is no Afloat, or does not let us in", () => {
  it.each<[string, number, Record<string, string>, string, socket: Fault, http: Fault]>([
    ["a web page", 200, { "content-type": "text/html" }, "<html>Welcome</html>", "not-afloat", "not-afloat"],
    ["a page that is not there", 404, {}, "Not Found", "not-afloat", "not-afloat"],
    ["another place", 301, { location: "https://elsewhere.example.com" }, "", "not-afloat", "not-afloat"],
    ["a password before the cloud", 401, { "www-authenticate": "Basic" }, "", "not-afloat", "not-afloat"],
    ["Afloat, of another secret", 401, {}, ownWords("unauthorized"), "wrong-credential", "wrong-credential"],
    ["Afloat, after a revocation", 401, {}, ownWords("revoked"), "revoked", "revoked"],
    ["a proxy that takes upgrades out", 426, {}, ownWords("no-upgrade"), "no-socket", "no-socket"],
    ["a proxy that forbids upgrades", 403, {}, "Forbidden", "no-socket", "not-afloat"],
    ["a cloud in trouble", 503, { "retry-after": "30" }, "<html>", "cloud-trouble", "cloud-trouble"],
  ])("%s (%s)", async (_what, status, headers, body, bySocket, byHttp) => {
    const address = addressOf(await answering((_, response) => void response.writeHead(status, headers).end(body)));
    expect((await call("socket", address)).ended).toMatchObject({ kind: bySocket });
    expect((await call("http", address)).ended).toMatchObject({ kind: byHttp });
  });

  it("nobody who listens, no such host, no TLS where there should be: each its own words", async () => {
    const plain = addressOf(await answering((_, response) => void response.end("x")));
    const faults = [
      [`http://127.0.0.1:${await freePort()}`, "not-reached"],
      ["https://cloud.afloat.invalid", "unknown-name"],
      [plain.replace("http:", "https:"), "not-afloat"],
    ] as const;
    for (const [address, kind] of faults)
      for (const via of both) expect((await call(via, address)).ended).toMatchObject({ kind });
  });

  it("an answer without end is cut off where it is of no use any more", async () => {
    const server = await answering((_, response) => {
      response.writeHead(403);
      const pour = () => response.destroyed || (response.write("x".repeat(10_000), pour), undefined);
      pour();
    });
    expect((await call("socket", addressOf(server))).ended).toMatchObject({ kind: "no-socket" });
  });
});

describe("by HTTP", () => {
  it("one connection carries all POSTs, and one that was closed while it idled costs nothing", async () => {
    const ports: (number | undefined)[] = [];
    let closes = false;
    const server = await answering((request, response) => {
      // As it is when the end of an idle connection and the next request cross on the way.
      if (closes && ports.includes(request.socket.remotePort)) return void request.socket.destroy();
      ports.push(request.socket.remotePort);
      const body = JSON.stringify({ messages: [{ type: "ack", held: ports.length, recorded: 0 }] });
      request.resume().on("end", () => response.end(body));
    });
    const { heard, transport, isOver } = await call("http", addressOf(server));
    transport?.beat();
    await until(() => heard.length === 2, "a second answer");
    expect(new Set(ports).size).toBe(1);
    closes = true;
    transport?.beat();
    await until(() => heard.length === 3 || isOver(), "a third answer");
    expect([new Set(ports).size, ports.length, isOver()]).toEqual([2, 3, false]);
  });

  it("what is large comes compressed once the cloud has said that it takes it, and plain before", async () => {
    const bodies: { encoding: string | undefined; bytes: number; text: string }[] = [];
    const server = await answering(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const { "content-encoding": encoding } = request.headers;
      const body = Buffer.concat(chunks);
      const text = String(encoding === "gzip" ? gunzipSync(body) : body);
      bodies.push({ encoding, bytes: body.byteLength, text });
      response.end(JSON.stringify({ messages: [{ type: "ack", held: 0, recorded: 0 }], gzip: true }));
    });
    const { heard, transport } = await call("http", addressOf(server), { say: [hello(200)] });
    transport?.send(hello(200));
    await until(() => heard.length === 2, "a second answer");
    transport?.beat();
    await until(() => heard.length === 3, "a third answer");
    expect(bodies.map(({ encoding }) => encoding)).toEqual([undefined, "gzip", undefined]);
    expect(bodies[1]?.text).toBe(bodies[0]?.text);
    expect(bodies[1]?.bytes).toBeLessThan((bodies[0]?.bytes ?? 0) / 10);
  });
});
