import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hideText, redact, redactedWords, redactLines, redactWords } from "../src/redact.ts";

const joined = (...pieces: string[]) => pieces.join("");

describe("a line", () => {
  it.each([
    ["Authorization: Basic dXNlcjpwYXNz", "Authorization: [redacted]"],
    ["Authorization: Token 0123456789abcdef as anna", "Authorization: [redacted] as anna"],
    ['Authorization: Digest username="anna", realm="x", response="6629fae49393a053"', "Authorization: [redacted]"],
    [
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/2015, SignedHeaders=host, Signature=5d672d79c15b13",
      "Authorization: [redacted]",
    ],
    ["AWS4-HMAC-SHA256 Signature=5d672d79c15b13", "AWS4-HMAC-SHA256 Signature=[redacted]"],
    ["curl -H 'Authorization: Custom a b' http://x/", "curl -H 'Authorization: [redacted]' http://x/"],
    ["Proxy-Authorization: Bearer abc", "Proxy-Authorization: [redacted]"],
    ["Cookie: sid=1; theme=dark", "Cookie: [redacted]"],
    ["Cookie: a=eyJhbGciOiJI.eyJzdWIi.abc; sid=1", "Cookie: [redacted]"],
    ["Cookie: eyJhbGciOiJI; sid=1", "Cookie: [redacted]"],
    ["Set-Cookie: sid=1; HttpOnly", "Set-Cookie: [redacted]"],
    ["X-Api-Key: abc", "X-Api-Key: [redacted]"],
  ])("hides the value of a header, of one word or of several: %s", (line, shown) => {
    expect(redact(line)).toBe(shown);
  });

  it.each([
    ["login password=hunter2 as anna", "login password=[redacted] as anna"],
    ["DB_PASS=hunter2", "DB_PASS=[redacted]"],
    ["MYSQL_PWD=hunter2", "MYSQL_PWD=[redacted]"],
    ["PWD=hunter2", "PWD=[redacted]"],
    ["pwd=hunter2", "pwd=[redacted]"],
    ["passphrase=hunter2", "passphrase=[redacted]"],
    ["private_key: abc", "private_key: [redacted]"],
    ["access_key=abc", "access_key=[redacted]"],
    ["accessKey=abc", "accessKey=[redacted]"],
    ["AWS_SECRET_ACCESS_KEY=abc", "AWS_SECRET_ACCESS_KEY=[redacted]"],
    ["credential=abc", "credential=[redacted]"],
    ["GET /x?token=hunter2&page=2 200", "GET /x?token=[redacted]&page=2 200"],
    ["'password' => 'hunter2',", "'password' => [redacted],"],
    ['password := "x y" # why', "password := [redacted] # why"],
    ['password="two words', "password=[redacted]"],
    [`'--password=two words' x`, `'--password=[redacted]' x`],
    ['["PASSWORD=two words","X=1"]', '["PASSWORD=[redacted]","X=1"]'],
    [String.raw`{"password":"hun\"ter2","x":1}`, '{"password":[redacted],"x":1}'],
    [String.raw`{"password":"hunter2\\","x":1}`, '{"password":[redacted],"x":1}'],
    [String.raw`{"m":"{\"password\":\"hunter2\",\"x\":1}"}`, String.raw`{"m":"{\"password\":[redacted],\"x\":1}"}`],
    [String.raw`{"m":"{\"password\":\"hun\\\"ter2\",\"x\":1}"}`, String.raw`{"m":"{\"password\":[redacted],\"x\":1}"}`],
    [String.raw`{"m":"{\"password\":\"hunter2"}`, String.raw`{"m":"{\"password\":[redacted]"}`],
    ['{"token":12345,"x":1}', '{"token":[redacted],"x":1}'],
    ["user[password]=hunter2", "user[password]=[redacted]"],
    ['config["password"] = "hunter2"', 'config["password"] = [redacted]'],
    ["run --password hunter2 ping", "run --password [redacted] ping"],
    ["run --api-key 'a b' ping", "run --api-key [redacted] ping"],
    ["curl -u admin:hunter2 http://x/", "curl -u [redacted] http://x/"],
  ])("hides what a name calls a secret, all of it and no more: %s", (line, shown) => {
    expect(redact(line)).toBe(shown);
  });

  it.each([
    ["redis://:hunter2@cache:6379/0", "redis://[redacted]@cache:6379/0"],
    ["https://deploy:s3cret@host/x", "https://[redacted]@host/x"],
    ["https://ghp_0123456789abcdefghij@github.com/x", "https://[redacted]@github.com/x"],
    ["https://0a1b2c3d4e5f@sentry.io/1", "https://[redacted]@sentry.io/1"],
    ["postgres://user:p@ss@host/db", "postgres://[redacted]@host/db"],
    ["postgres://user:pa/ss@host/db", "postgres://[redacted]@host/db"],
    ["https://user:pa/ss@host/db", "https://[redacted]@host/db"],
    ["http://x/?next=http://u:p@y/", "http://x/?next=http://[redacted]@y/"],
    ["command curl http://admin:hunt", "command curl http://[redacted]"],
  ])("hides who an address signs in as: %s", (line, shown) => {
    expect(redact(line)).toBe(shown);
  });

  // In pieces: nothing here looks like a secret to those who look for them in sources.
  it.each([
    joined("AKIA", "IOSFODNN7EXAMPLE"),
    joined("ASIA", "IOSFODNN7EXAMPLE"),
    ...["p", "o", "u", "s", "r"].map((kind) => joined("gh", kind, "_0123456789abcdefghij0123456789abcdef")),
    joined("github_pat_", "11ABCDEFG0123456789_abcdefghij"),
    joined("xoxb-", "123456789012-abcdefghijkl"),
    joined("sk_live_", "0123456789abcdefghijklmn"),
    joined("eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxIn0.abc-_123"),
    joined("afa_", "0123456789abcdefghijklmn"),
  ])("hides what is known by its looks: %s", (secret) => {
    expect(redact(`got ${secret} back`)).toBe("got [redacted] back");
    expect(redact(`got "${secret}", back`)).toBe('got "[redacted]", back');
  });

  it("hides a credential after the word for it, and the address of a hook", () => {
    expect(redact("got header Bearer eyJhbGci…")).toBe("got header Bearer [redacted]…");
    expect(redact("got header Bearer 0123abcd0123")).toBe("got header Bearer [redacted]");
    expect(redact("got header Basic dXNlcjpwYXNz")).toBe("got header Basic [redacted]");
    expect(redact("POST https://hooks.slack.com/services/T0/B0/Xyz (200)")).toBe(
      "POST https://hooks.slack.com/services/[redacted] (200)",
    );
  });

  it.each([
    "password reset page served in 3 ms",
    "token bucket full",
    "GET /login 200",
    "user:pass not found",
    "12:30:45 started",
    "2026-11-28T12:30:45.123Z INFO ready",
    "http://localhost:3000/health → 200",
    "listens on http://[::1]:8080, http://0.0.0.0:80",
    "http://localhost:8080: connection refused",
    "https://www.npmjs.com/package/@scope/x?mail=ann@example.org",
    "mongodb://a:27017,b:27017/db",
    "ssh://git@github.com/x and git+ssh://git@github.com/x",
    "mail to ann@example.org failed",
    "monkey=1",
    "author: Ann",
    "tokens: 512",
    "Access denied for user 'root'@'localhost' (using password: YES)",
    "docker login -u ann --password-stdin registry.example.org",
    "at login (file:///srv/app/password.ts:3:9)",
    '{"prompt_tokens":12,"total_tokens":40}',
    "keyboard: us",
    "key=value name=web bypass=1 compass: north",
    "commit 94c4546a9430e5decc728d20a93c0123456789ab",
    "sha256:94c4546a9430e5decc728d20a93c0123456789ab94c4546a9430e5decc728d20",
    "Basic authentication failed; the bearer of it is unknown",
    "tokenizer: bpe, secretary: Ann",
    "signature: does not match",
    "PWD=/srv/app",
    "docker run -u 1000:1000 x",
    "Unexpected token '}' in JSON at position 3",
    "postgres://db/app?sslmode=require",
  ])("that is harmless stays as it is: %s", (line) => {
    expect(redact(line)).toBe(line);
  });

  it("is hidden once: the same again changes nothing", () => {
    const part = fc.constantFrom(
      ...[
        "password",
        "token",
        "tokens",
        "Authorization",
        "Cookie",
        "--password",
        "-u",
        "sig",
        "PWD",
        "Bearer",
        "Basic",
      ],
      ...["=", ":", "=>", ":=", '"', "'", "`", "\\", "@", "://", "http", "postgres", "/", "?", "&", "#", ",", ";", " "],
      ...["[", "]", "{", "}", "(", ")", "[redacted]", "a", "7", "-", "_", ".", "\n", "hunter2", "dXNlcjpwYXNz", "%5D"],
      ...["eyJhbGciOiJI", "ghp_0123456789abcdefghij", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"],
    );
    const text = fc.oneof(
      fc.array(part, { maxLength: 20, size: "max" }).map((parts) => parts.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(text, (line) => {
        const once = redact(line);
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ...[
      "a",
      "=",
      '"',
      "'",
      "\\",
      "@",
      ":",
      "-",
      "_",
      " ",
      ".",
      "/",
      "[",
      "://",
      "a://",
      "a:",
      "a-",
      '\\"',
      "eyJ-",
      ". ",
    ],
    ...["password", "password=", "password =", "password:'", "'password=", '"password\\', '\\"password="', "?token=&"],
    ...["eyJaaaaaa.", "ghp_", "bearer ", "basic a", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "--password ", "-u "],
    ...["http://a:b", "http://a,", "[x]:1,", "%5D=", "token \n", "hooks.slack.com/services/", "authorization: token "],
  ])("of 100 KB of %j takes no time", (unit) => {
    const line = unit.repeat(Math.ceil(100_000 / unit.length));
    for (const hostile of [line, `password="${line}`, `http://u:${line}`, `Authorization: ${line}`, `${line}!`]) {
      const startedMs = performance.now();
      redact(hostile);
      expect(performance.now() - startedMs).toBeLessThan(500);
    }
  });
});

describe("a private key", () => {
  const body = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDmHnJ0Pq2f", "c2hvcnQ="];
  const begin = "-----BEGIN RSA PRIVATE KEY-----";
  const end = "-----END RSA PRIVATE KEY-----";

  it("over several lines is one that says so", () => {
    expect(redactLines(["a", `key: ${begin}`, ...body, `${end},`, "b"])).toEqual(["a", "key: [redacted],", "b"]);
    expect(redactLines(["a", `12:30 ${begin}`, ...body.map((line) => `12:30 ${line}`), `12:30 ${end}`, "b"])).toEqual([
      "a",
      "12:30 [redacted]",
      "b",
    ]);
  });

  it("is hidden where only its end, or only its beginning, is among the lines", () => {
    expect(redactLines([...body, end, "b"])).toEqual(["[redacted]", "b"]);
    expect(redactLines(["a line of words", ...body, end, "b"])).toEqual(["a line of words", "[redacted]", "b"]);
    expect(redactLines(["a", begin, body[0] ?? "", "went on"])).toEqual(["a", "[redacted]", "went on"]);
    expect(redactLines(["a", `expected ${begin}`, "went on"])).toEqual(["a", "expected [redacted]", "went on"]);
  });

  it("on one line is hidden, and a certificate is not", () => {
    expect(redact(String.raw`{"k":"${begin}\nMIIE\n${end}\n","x":1}`)).toBe(String.raw`{"k":"[redacted]\n","x":1}`);
    const certificate = ["-----BEGIN CERTIFICATE-----", body[0] ?? "", "-----END CERTIFICATE-----"];
    expect(redactLines(certificate)).toEqual(certificate);
  });
});

describe("the words of a command", () => {
  it("hide what follows a flag and what a name is given, blanks and all", () => {
    expect(redactWords(["psql", "--password", "two words", "-x"])).toBe("psql --password [redacted] -x");
    expect(redactWords(["x", "--password=two words", "y"])).toBe("x --password=[redacted] y");
    expect(redactedWords(["PGPASSWORD=hunter2", "-pass", "x y", "z"])).toEqual([
      "PGPASSWORD=[redacted]",
      "-pass",
      "[redacted]",
      "z",
    ]);
  });
});

it("variables and headers are hidden by the same names as lines are", () => {
  for (const name of ["DB_PASS", "MYSQL_PWD", "passphrase", "private_key", "ACCESS_KEY", "credential", "Cookie"]) {
    expect(hideText(name, "two words")).toBe("[redacted]");
    expect(redact(`${name}=words`)).toBe(`${name}=[redacted]`);
  }
  expect(hideText("PWD", "/srv/app")).toBe("/srv/app");
  expect(hideText("NODE_ENV", "production")).toBe("production");
  expect(hideText(null, "http://u:p@h/")).toBe("http://[redacted]@h/");
});
