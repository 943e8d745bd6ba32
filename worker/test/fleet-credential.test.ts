import { describe, expect, it } from "vitest";
import { makeCredential, readCredential } from "../src/credential.ts";

const secret = "one secret of thirty-two bytes at least";
const agent = { organizationId: "org1", hostId: "host1", version: 1 };

describe("a host's credential", () => {
  it("tells whose it is without any database", async () => {
    const text = await makeCredential(secret, agent);
    expect(text).toMatch(/^afa_org1\.host1\.1\.[A-Za-z0-9_-]{43}$/);
    expect(await readCredential(secret, text)).toEqual(agent);
  });

  it("is refused under another secret", async () => {
    expect(await readCredential("another secret of thirty-two bytes", await makeCredential(secret, agent))).toBeNull();
  });

  it("cannot be turned into another organization's, another host's or a newer one", async () => {
    const text = await makeCredential(secret, agent);
    for (const forged of [
      text.replace("org1", "org2"),
      text.replace("host1", "host2"),
      text.replace(".1.", ".2."),
      text.replace("afa_", "afk_"),
      text.replace(/.$/, (last) => (last === "A" ? "Q" : "A")),
      `${text}x`,
      text.slice(0, -1),
      "",
    ]) {
      expect(await readCredential(secret, forged), forged).toBeNull();
    }
  });

  it("is never made for ids that could not be read back", async () => {
    await expect(makeCredential(secret, { ...agent, hostId: "a.b" })).rejects.toThrow(RangeError);
    await expect(makeCredential(secret, { ...agent, version: 0 })).rejects.toThrow(RangeError);
  });
});
