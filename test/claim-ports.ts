import { createServer } from "node:net";

/** Below the ports that the system gives to whoever connects or asks for any (from 32768). */
const FIRST = 20_000;
const BLOCK = 50;
const BLOCKS = 240;

/**
 * The first of so many ports in a row that are free, and that no other test of this machine is given until this process ends. A
 * socket with the block's name in Linux' abstract namespace holds the claim: it goes with the process, however that ends.
 */
export async function claimPorts(count = BLOCK): Promise<number> {
  const blocks = Math.ceil(count / BLOCK);
  // Not all begin at the same end: most claims meet nobody.
  const begin = process.pid * 7;
  for (let i = 0; i < BLOCKS; i++) {
    const block = (begin + i) % (BLOCKS - blocks + 1);
    if (await claim(block, blocks)) return FIRST + block * BLOCK;
  }
  throw new Error(`expected ${count} free ports from ${FIRST} on, found none that nobody holds`);
}

async function claim(first: number, blocks: number): Promise<boolean> {
  const held: (() => void)[] = [];
  for (let block = first; block < first + blocks; block++) {
    const release = await listen({ path: `\0afloat-tests-ports-${block}` });
    if (release !== null) held.push(release);
    if (release !== null && (await areFree(FIRST + block * BLOCK))) continue;
    for (const each of held) each();
    return false;
  }
  return true;
}

async function areFree(first: number): Promise<boolean> {
  for (let port = first; port < first + BLOCK; port++) {
    // For all addresses of both families: whoever listens at one of them is in the way.
    const release = await listen({ port });
    if (release === null) return false;
    release();
  }
  return true;
}

/** Null where somebody else does. What it answers ends it; the process does not wait for that. */
function listen(at: { path: string } | { port: number }): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy()).unref();
    server.once("error", () => resolve(null));
    server.listen(at, () => resolve(() => server.close()));
  });
}
