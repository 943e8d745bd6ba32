import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { House } from "./house/house.ts";
import { StoryHost } from "./house/host.ts";
import type { Member } from "./house/member.ts";
import { serviceOn } from "./house/service.ts";
import { until } from "./house/until.ts";

let house: House;
let owner: Member;
let proxy: ChildProcess;
let host: StoryHost;

beforeAll(async () => {
  house = await House.build();
  owner = await house.found("aurora");
  const port = await claimPorts();
  const program = fileURLToPath(new URL("./programs/no-upgrades.mjs", import.meta.url));
  const env = { ...process.env, PORT: String(port), TARGET: new URL(house.server.url).port };
  proxy = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => proxy.stdout?.once("data", resolve));
  const services = `services:\n${serviceOn("web", await claimPorts(), "health: /healthz")}`;
  host = await house.addHost("aurora", "web-1", services, `http://127.0.0.1:${port}`);
});

afterAll(async () => {
  await house.end();
  proxy.kill();
});

it("where WebSockets cannot pass, everything goes by HTTP: state, events, and the Restart button", async () => {
  await until("the link by HTTP", () => {
    const link = host.status()?.link;
    return link?.kind === "connected" && link.via === "http" && link.unsent === 0;
  });
  const before = await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  await until("the dashboard to show it", async () => {
    const [shown] = (await house.fleetOf(owner)).hosts;
    return shown?.link === "online" && shown.services[0]?.snapshot.pid === before.pid;
  });
  const hostId = await house.hostIdOf(owner, "web-1");
  const seen = await owner.watch();
  const ordered = await owner.post("/app/commands", { hostId, service: "web", verb: "restart" });
  expect(ordered.status).toBe(201);
  // A change on the host makes it speak at once; else the command waits for the next heartbeat.
  process.kill(before.pid ?? 0, "SIGKILL");
  await until("the command to be done", () =>
    seen.messages.some((message) => message.type === "command" && message.command.steps.at(-1)?.step === "done"),
  );
  seen.close();

  // What the network lets pass again is used again, and nothing is lost or done twice on the way there.
  const told = host.run(["link"]);
  expect(told.replaceAll(/\s+/g, " ")).toContain("by HTTP, for");
  expect(told.replaceAll(/\s+/g, " ")).toContain("a WebSocket is answered 403");
  proxy.kill("SIGUSR2");
  await until("the link by socket", () => {
    const link = host.status()?.link;
    return link?.kind === "connected" && link.via === "socket" && link.unsent === 0;
  });
  const after = await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  expect(after.restarts).toBe(2);
  const [shown] = (await house.fleetOf(owner)).hosts;
  expect(shown?.services[0]?.snapshot).toMatchObject({ pid: after.pid, restarts: 2 });
});

it("a host that was taken out is told so in words that mend it, and is back at once when it is enrolled again", async () => {
  const hostId = await house.hostIdOf(owner, "web-1");
  await owner.post(`/app/hosts/${hostId}/revoke`, {});
  await until("the revocation to be told", () => {
    const link = host.status()?.link;
    return link?.kind === "refused" && link.fault === "revoked" && link.mend === "afloat enroll --again";
  });
  host.run(["enroll", "--again", "--name", "web-1"], { AFLOAT_ENROLMENT_KEY: await house.enrolmentKey("aurora") });
  await until("the link to stand", () => host.status()?.link.kind === "connected");
});
