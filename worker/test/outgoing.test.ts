import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultOfHost, faultOfUrl } from "../src/outgoing/core/destination.ts";
import { concealed } from "../src/outgoing/conceal.ts";
import { parseRetryAfter } from "../src/outgoing/retry-after.ts";
import { type Answer, guardedPost } from "../src/outgoing/post.ts";

const PUBLIC = { allowPrivate: false };
const PRIVATE = { allowPrivate: true };

/** This machine and its own network, in every spelling that a resolver or a URL parser takes for it. */
const OWN = [
  ...["127.0.0.1", "127.0.0.1.", "127.1", "0x7f.1", "0x7f000001", "0177.0.0.1", "2130706433", "127.255.255.254"],
  ...["%31%32%37.0.0.1", "１２７.0.0.1", "127。0。0。1"],
  ...["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"],
  ...["[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.1.2.3]"],
  ...["[fc00::1]", "[fd12:3456:789a::1]"],
  ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "db.internal", "db.internal.", "nas"],
  ...["router.home.arpa", "wiki.corp", "nas.lan"],
];

/** Where nobody is told anything, whatever is opted into. */
const NEVER = [
  ...["0.0.0.0", "0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "0xa9fea9fe", "2852039166", "168.63.129.16"],
  ...["100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9"],
  ...["224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"],
  ...["[::]", "[fe80::1]", "[febf::1]", "[fec0::1]", "[ff02::1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]"],
  ...["[64:ff9b::7f00:1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:808:808::1]"],
  ...[
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[100::1]",
  ],
  ...["metadata.google.internal", "metadata.google.internal.", "metadata"],
];

const OUTSIDE = [
  ...["example.com", "example.com.", "hooks.slack.com", "8.8.8.8", "134744072", "172.32.0.1", "172.15.255.255"],
  ...["100.63.255.255", "100.128.0.1", "192.167.255.255", "[2606:4700::1111]", "[2001:4860:4860::8888]", "[2a00::1]"],
  ...["[::ffff:8.8.8.8]", "localhost.example.com", "xn--bcher-kva.example"],
];

describe("an address that people may be told at", () => {
  it.each(OWN)("%s is of this machine or its network: only where that was opted into", (host) => {
    expect(faultOfUrl(`https://${host}/hook`, PUBLIC)).toContain("this machine or its own network");
    expect(faultOfUrl(`https://${host}/hook`, PRIVATE)).toBeNull();
  });

  it("is judged the same however an IPv4 address is spelled", () => {
    const spell = (bytes: number[]) => {
      const whole = bytes.reduce((all, byte) => all * 256 + byte, 0);
      const [a, b, c, d] = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
      return [
        ...[bytes.join("."), `${bytes.join(".")}.`, String(whole), `0x${whole.toString(16)}`, `0${whole.toString(8)}`],
        bytes.map((byte) => `0x${byte.toString(16)}`).join("."),
        bytes.map((byte) => `0${byte.toString(8)}`).join("."),
        `${bytes[0]}.${whole % 2 ** 24}`,
        `[::ffff:${bytes.join(".")}]`,
        `[0:0:0:0:0:ffff:${a}${b}:${c}${d}]`,
      ];
    };
    const byte = fc.integer({ min: 0, max: 255 });
    const first = fc.oneof(byte, fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 203, 224));
    fc.assert(
      fc.property(fc.tuple(first, byte, byte, byte), (bytes) => {
        for (const reach of [PUBLIC, PRIVATE]) {
          const verdicts = spell(bytes).map((host) => faultOfUrl(`https://${host}/`, reach) === null);
          expect(new Set(verdicts).size, bytes.join(".")).toBe(1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each(NEVER)("%s is none, whatever is opted into", (host) => {
    for (const reach of [PUBLIC, PRIVATE])
      expect(faultOfUrl(`https://${host}/hook`, reach)).toContain("nothing is sent");
  });

  it.each(OUTSIDE)("%s is one", (host) => {
    expect(faultOfUrl(`https://${host}/hook`, PUBLIC)).toBeNull();
  });

  it("is https, without a password, at a port of web servers, and not endless", () => {
    expect(faultOfUrl("http://example.com/", PUBLIC)).toContain("expected https, got http");
    expect(faultOfUrl("http://example.com/", PRIVATE)).toBeNull();
    for (const reach of [PUBLIC, PRIVATE]) {
      for (const bad of [
        "",
        "example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "javascript:1",
        "data:,a",
        "https://a:b@c.d/",
        "https://a@c.d/",
      ]) {
        expect(faultOfUrl(bad, reach), bad).not.toBeNull();
      }
      expect(faultOfUrl(`https://example.com/${"a".repeat(2000)}`, reach)).toContain("2000 characters");
    }
    expect(faultOfUrl("https://example.com:443/", PUBLIC)).toBeNull();
    expect(faultOfUrl("https://example.com:8443/", PUBLIC)).toBeNull();
    expect(faultOfUrl("https://example.com:1023/", PUBLIC)).toContain("port 443");
    expect(faultOfUrl("https://example.com:1024/", PUBLIC)).toBeNull();
    expect(faultOfUrl("https://example.com:25/", PUBLIC)).toContain("port 443");
  });

  it("is a host of that kind also where no URL is around it, as of a mail server", () => {
    expect(faultOfHost("SMTP.example.com.", PUBLIC)).toBeNull();
    expect(faultOfHost("127.0.0.1", PUBLIC)).not.toBeNull();
    expect(faultOfHost("", PRIVATE)).not.toBeNull();
    expect(faultOfHost("[nonsense]", PRIVATE)).not.toBeNull();
    expect(faultOfHost("[1:2:3:4:5:6:7:8:9]", PRIVATE)).not.toBeNull();
  });

  it("is looked at again when something is sent: nothing leaves for one that may not be", async () => {
    const answer = await guardedPost({ url: "http://127.0.0.1:9/", headers: {}, body: "{}" }, PUBLIC);
    expect(answer).toMatchObject({ kind: "unanswered", forbidden: true, tookMs: 0 });
  });

  it("where nobody listens is told apart from one that may not be", async () => {
    const answer = await guardedPost({ url: "http://127.0.0.1:9/", headers: {}, body: "{}" }, PRIVATE);
    expect(answer).toMatchObject({ kind: "unanswered", forbidden: false });
  });
});

describe("an address that is a secret", () => {
  const url = "https://hooks.example.com/services/T0123/B4567/abcdefgh12345678?key=0123456789";
  const answered = (head: string, location: string | null = null): Answer => ({
    ...{ kind: "answered", protocol: "http", status: 404, head, retryAfterMs: null, location, tookMs: 1 },
  });

  it.each([
    ["Cannot POST /services/T0123/B4567/abcdefgh12345678", "Cannot POST …"],
    ["<p>no abcdefgh12345678 here, nor 0123456789</p>", "<p>no … here, nor …</p>"],
    [`gone: ${url}`, "gone: …"],
    ["no_service", "no_service"],
  ])("is not said again where its server answers %s", (head, shown) => {
    expect(concealed(answered(head), url)).toMatchObject({ head: shown, location: null });
  });

  it("is hidden whole where one part of it stands within another", () => {
    const nested = "https://hooks.example.com/abcdefgh/abcdefgh12345678";
    expect(concealed(answered("no abcdefgh12345678, no abcdefgh"), nested)).toMatchObject({ head: "no …, no …" });
  });

  it.each([
    ["https://other.example.com/services/T0123/B4567/abcdefgh12345678/", "https://other.example.com/…"],
    ["/elsewhere/abcdefgh12345678", "https://hooks.example.com/…"],
    ["https://[", "…"],
  ])("is not said again where it leads on to %s", (location, shown) => {
    expect(concealed(answered("", location), url)).toMatchObject({ location: shown });
  });

  it("is not in the words of why nobody answered", () => {
    const why = `could not be reached: ${url}`;
    expect(concealed({ kind: "unanswered", forbidden: false, why, tookMs: 1 }, url)).toMatchObject({
      why: "could not be reached: …",
    });
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-11-26T07:00:00Z");

  it.each([
    ["120", 120_000],
    [" 3 ", 3000],
    ["0", 0],
    ["86400", 3_600_000],
    ["Thu, 26 Nov 2026 07:00:30 GMT", 30_000],
    ["Thu, 26 Nov 2026 06:59:30 GMT", 0],
    ["Fri, 27 Nov 2026 07:00:00 GMT", 3_600_000],
    ["soon", null],
    ["", null],
    [null, null],
  ])("%s is %s ms", (text, ms) => {
    expect(parseRetryAfter(text, now)).toBe(ms);
  });
});
