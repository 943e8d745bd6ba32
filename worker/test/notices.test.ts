import { describe, expect, it } from "vitest";
import { webhookUrlFault } from "../src/notices/channels.ts";
import { seal, unseal } from "../src/notices/seal.ts";

describe("a channel's secret", () => {
  it("is read again only with the server's own secret", async () => {
    const sealed = await seal("one secret", "whsec_abc");
    expect(sealed).not.toContain("whsec");
    expect(await unseal("one secret", sealed)).toBe("whsec_abc");
    expect(await unseal("another", sealed)).toBeNull();
    expect(await unseal("one secret", sealed.replace(/.$/, "!"))).toBeNull();
    expect(await unseal("one secret", "")).toBeNull();
  });

  it("goes only to addresses of the web, without a password in them", () => {
    expect(webhookUrlFault("https://example.com/hook")).toBeNull();
    for (const bad of [
      "",
      "example.com",
      "ftp://example.com",
      "file:///etc/passwd",
      "javascript:1",
      "https://a:b@c.d/",
    ]) {
      expect(webhookUrlFault(bad), bad).not.toBeNull();
    }
  });
});
