import { afterEach, beforeEach, expect, it } from "vitest";
import { grown, VERSIONS } from "../../shared/test/samples/replay.ts";
import { CloudDouble } from "./cloud-double.ts";
import { Host, until } from "./host.ts";

let cloud: CloudDouble;
let host: Host;

beforeEach(async () => {
  cloud = await CloudDouble.open();
  host = new Host("remote: [restart]\nservices:\n  web: sleep 1000\n");
  cloud.enrol(host);
});

afterEach(async () => {
  await host.end();
  await cloud.close();
});

it("an agent hears out a cloud of every version, and what is newer than itself, and stays connected", async () => {
  await host.start();
  await until(async () => (await host.status())?.link.kind === "connected", "connected");
  cloud.tell(JSON.stringify({ type: "sing", song: "a newer cloud's" }));
  for (const { cloud: messages } of VERSIONS) {
    for (const message of messages) {
      cloud.tell(message);
      cloud.tell(grown(message));
    }
  }
  // The last of all: that it is done says that all before it were heard.
  cloud.order({ id: "last", verb: "restart", service: "web", by: "Anna", expiresInMs: 60_000 });
  const isDone = () =>
    cloud.events().some((event) => event.kind === "command" && event.command === "last" && event.step === "done");
  await until(isDone, "the last command is done");
  expect(cloud.hellos().length).toBe(1);
  expect(host.log().match(/something this agent does not know/g)?.length).toBe(1);
});

it("an agent tells which is to be updated, where the cloud is more than a version apart, and asks again seldom", async () => {
  cloud.protocol = 3;
  await host.start();
  await until(async () => (await host.status())?.link.kind === "refused", "refused");
  expect((await host.status())?.link).toMatchObject({ why: expect.stringContaining("update this agent") });
  expect(cloud.hellos().length).toBe(1);
});
