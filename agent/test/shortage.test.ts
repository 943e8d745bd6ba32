import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { untilSeen, noteShortage, watchShortage } from "../src/process/shortage.ts";

/** For its own want of descriptors and memory the agent takes nobody for dead, and no port for closed. */

const PROGRAM = fileURLToPath(new URL("fixtures/wants-descriptors.ts", import.meta.url));

const failure = (code: string) => Object.assign(new Error(code), { code });

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server on TCP has an address");
  return address.port;
}

it("without a free descriptor everybody lives, everybody is counted later, no port is closed, and no time was slept", async () => {
  const [server, gone] = [createServer((socket) => socket.destroy()), createServer()];
  const [open, closed] = [await portOf(server), await portOf(gone)];
  await new Promise((resolve) => gone.close(resolve));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, String(open), String(closed)]);
    const { seen, counted, after } = JSON.parse(stdout);
    expect(seen).toMatchObject({ self: true, selfSeen: null, open: true, closed: true, wasShort: true });
    expect(Math.abs(seen.suspendedMs)).toBeLessThan(100);
    expect(counted).toBeGreaterThan(0);
    expect(after).toEqual({ nobody: false, open: true, closed: false });
  } finally {
    server.close();
  }
});

it.each(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"])("%s says nothing of what was looked for", (code) => {
  const wasShort = watchShortage();
  noteShortage(failure(code));
  expect(wasShort()).toBe(true);
  expect(watchShortage()()).toBe(false);
});

it.each(["ENOENT", "ESRCH", "ENOTDIR", "EACCES", "EPERM", "ECONNREFUSED"])("%s is an answer", (code) => {
  const wasShort = watchShortage();
  noteShortage(failure(code));
  expect(wasShort()).toBe(false);
});

it("looks again until nothing was missed", async () => {
  let looks = 0;
  const look = () => {
    looks += 1;
    if (looks < 3) noteShortage(failure("EMFILE"));
    return looks;
  };
  expect(await untilSeen(look)).toBe(3);
});
