import { expect, it } from "vitest";
import { seal, unseal } from "../src/notices/seal.ts";

it("a channel's secret is read again only with the server's own secret", async () => {
  const sealed = await seal("one secret", "whsec_abc");
  expect(sealed).not.toContain("whsec");
  expect(await unseal("one secret", sealed)).toBe("whsec_abc");
  expect(await unseal("another", sealed)).toBeNull();
  expect(await unseal("one secret", sealed.replace(/.$/, "!"))).toBeNull();
  expect(await unseal("one secret", "")).toBeNull();
});
