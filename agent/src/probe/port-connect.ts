import { connect, type Socket, type TcpNetConnectOpts } from "node:net";
import { noteShortage } from "../process/shortage.ts";
import type { Outcome } from "./endpoint.ts";

/** Errors that say that nobody is there, or that there is no way to him. */
const NOBODY = new Set([
  "ECONNREFUSED",
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EACCES",
  "EPERM",
]);

/**
 * True where somebody takes a connection at the port of this machine. One that times out is a full backlog, a hang: not a
 * closed port.
 */
export async function takesConnections(port: number, timeoutMs: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "::1"]) if (await isTaken({ host, port }, timeoutMs)) return true;
  return false;
}

/** True where somebody else takes a connection there, and where that could not be found out. */
export function isTaken(where: TcpNetConnectOpts, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where);
    const end = (open: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(open);
    };
    // What has come while the agent stood still is read first.
    const timer = setTimeout(() => setImmediate(() => end(true)), timeoutMs);
    socket.once("connect", () => end(!meetsItself(socket)));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      noteShortage(error);
      end(!NOBODY.has(error.code ?? ""));
    });
  });
}

/** What a call comes to that met itself. */
export const ALONE: Outcome = { kind: "refused", detail: "nobody listens; the connection met itself" };

/** TCP lets a connection be its own other end, where the port it comes from happens to be the one it goes to: that is nobody. */
export function meetsItself({ localPort, remotePort, localAddress, remoteAddress }: Socket): boolean {
  return localPort !== undefined && localPort === remotePort && localAddress === remoteAddress;
}
