import { createServer } from "node:net";

/** The port, or the next free one above it, which is said. */
export async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port++) {
    if (!(await isFree(port))) continue;
    if (port !== wanted) console.log(`port ${wanted} is taken; ${port} is used instead`);
    return port;
  }
  throw new Error(`expected a free port between ${wanted} and ${wanted + 99}, found none`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
