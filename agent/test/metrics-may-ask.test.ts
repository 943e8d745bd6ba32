import { expect, it } from "vitest";
import { mayAsk } from "../src/measures/core/may-ask.ts";

const local = { address: "127.0.0.1", port: 9464 };
const any = { address: "0.0.0.0", port: 9464 };
const named = { address: "10.0.0.5", port: 9464 };

it.each([
  ["127.0.0.1:9464", local, true],
  ["127.8.8.8", local, true],
  ["localhost:9464", local, true],
  ["LOCALHOST", local, true],
  ["[::1]:9464", local, true],
  [undefined, local, true],
  ["evil.example:9464", local, false],
  ["localhost.evil.example", local, false],
  ["127.0.0.1.evil.example", local, false],
  ["10.0.0.5:9464", local, false],
  ["10.0.0.5:9464", named, true],
  ["10.0.0.6:9464", named, false],
  ["localhost:9464", named, true],
  ["192.168.1.9:9464", any, true],
  ["[fe80::1]:9464", any, true],
  ["web-1:9464", any, true],
  ["evil.example", any, false],
  ["", local, false],
  ["[::1", local, false],
])("Host %s at %o: %s", (host, at, may) => {
  expect(mayAsk(host, at, "Web-1")).toBe(may);
});
