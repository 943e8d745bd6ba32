import { describe, expect, it } from "vitest";
import { type Choice, chooseProxy } from "../src/link/core/proxy.ts";

const encode = (text: string) => Buffer.from(text).toString("base64");
const choose = (address: string, environment: Record<string, string>): Choice =>
  chooseProxy(new URL(address), (name) => environment[name], encode);
const CLOUD = "https://afloat.example.com";

/** Where the call goes: `direct`, a proxy's address, or `fault`. */
function goes(address: string, environment: Record<string, string>): string {
  const choice = choose(address, environment);
  return choice.kind === "proxy" ? choice.proxy.shown : choice.kind;
}

describe("which proxy is taken", () => {
  it.each([
    [{}, "direct"],
    [{ HTTPS_PROXY: "http://proxy:3128" }, "http://proxy:3128"],
    [{ https_proxy: "http://small:3128", HTTPS_PROXY: "http://large:3128" }, "http://small:3128"],
    [{ https_proxy: "", HTTPS_PROXY: "http://large:3128" }, "http://large:3128"],
    [{ HTTPS_PROXY: "proxy:3128" }, "http://proxy:3128"],
    [{ HTTPS_PROXY: "http://proxy" }, "http://proxy:80"],
    [{ HTTPS_PROXY: "https://proxy" }, "https://proxy:443"],
    [{ HTTPS_PROXY: "http://[::1]:3128" }, "http://[::1]:3128"],
    [{ HTTP_PROXY: "http://proxy:3128" }, "direct"],
    [{ HTTPS_PROXY: "socks5://proxy:1080" }, "fault"],
    [{ HTTPS_PROXY: "http://" }, "fault"],
    [{ HTTPS_PROXY: "http://na%me@proxy" }, "fault"],
  ])("%j: %s", (environment, expected) => expect(goes(CLOUD, environment)).toBe(expected));

  it("for an address without TLS it is HTTP_PROXY, and none for this machine itself", () => {
    const both = { HTTP_PROXY: "http://plain:1", HTTPS_PROXY: "http://secure:2" };
    expect(goes("http://afloat.example.com", both)).toBe("http://plain:1");
    for (const own of ["http://127.0.0.1:7654", "http://127.9.9.9", "https://localhost:1", "https://[::1]:2"])
      expect(goes(own, both)).toBe("direct");
  });

  it("only HTTP_PROXY is most likely a mistake, and said", () => {
    expect(choose(CLOUD, { HTTP_PROXY: "http://proxy:3128" })).toMatchObject({
      why: "HTTP_PROXY is for http only; for afloat.example.com write HTTPS_PROXY",
    });
  });

  it("name and password of its address open it, and are in nothing that is shown", () => {
    const choice = choose(CLOUD, { HTTPS_PROXY: "http://an%20na:p%40ss%3Aword@proxy:3128" });
    const { authorization, ...rest } = choice.kind === "proxy" ? choice.proxy : { authorization: null };
    expect(authorization).toBe(`Basic ${encode("an na:p@ss:word")}`);
    expect(JSON.stringify(rest)).not.toMatch(/p%40|p@ss|an/);
    for (const wrong of ["http://me:secret@:1:2", "socks5://me:secret@proxy", "http://me:sec%ret@proxy"])
      expect(JSON.stringify(choose(CLOUD, { HTTPS_PROXY: wrong }))).not.toMatch(/sec/);
  });
});

describe("what NO_PROXY excepts", () => {
  it.each([
    ["afloat.example.com", true],
    ["AFLOAT.example.com", true],
    ["example.com", true],
    [".example.com", true],
    ["*.example.com", true],
    ["*", true],
    ["a, b  afloat.example.com", true],
    ["afloat.example.com:443", true],
    ["afloat.example.com:8443", false],
    ["float.example.com", false],
    ["example.co", false],
    ["com.", true],
    ["", false],
    [" , ", false],
  ])("%s: %s", (list, isExcepted) => {
    expect(goes(CLOUD, { HTTPS_PROXY: "proxy:1", NO_PROXY: list })).toBe(isExcepted ? "direct" : "http://proxy:1");
  });

  it.each([
    ["https://10.1.2.3", "10.0.0.0/8", true],
    ["https://11.1.2.3", "10.0.0.0/8", false],
    ["https://10.1.2.3", "10.1.2.3", true],
    ["https://10.1.2.3", "2.3", false],
    ["https://10.1.2.3", "10.0.0.0/99", false],
    ["https://10.1.2.3", "0.0.0.0/0", true],
    ["https://[fd00::1]", "fd00::1", true],
    ["https://[fd00::1]:8443", "[fd00::1]:8443", true],
    ["https://[fd00::1]", "[fd00::1]:8443", false],
  ])("%s, %s: %s", (address, list, isExcepted) => {
    expect(goes(address, { HTTPS_PROXY: "proxy:1", no_proxy: list })).toBe(isExcepted ? "direct" : "http://proxy:1");
  });

  it("and says which variable it was", () => {
    expect(choose(CLOUD, { HTTPS_PROXY: "proxy:1", no_proxy: "example.com" })).toMatchObject({
      why: "no_proxy excepts afloat.example.com from HTTPS_PROXY",
    });
  });
});
