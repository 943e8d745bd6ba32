import { connect } from "node:net";

/**
 * True where somebody takes a connection at the port of this machine. One that times out is a full backlog, a hang: not a
 * closed port.
 */
export async function takesConnections(port: number, timeoutMs: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "::1"]) if (await accepts(host, port, timeoutMs)) return true;
  return false;
}

function accepts(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (open: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(open);
    };
    // What has come while the agent stood still is read first.
    const timer = setTimeout(() => setImmediate(() => end(true)), timeoutMs);
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
