import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { freePort } from "./host.ts";

/** A proxy in the test's own process that knows one way, CONNECT, and takes every name for this machine. */
export class ProxyDouble {
  /** What it was asked to connect to, and with which words it was opened. */
  readonly asked: { target: string; authorization: string | undefined }[] = [];
  /** What it answers instead of letting through. */
  refuse: number | null = null;
  /** `name:password` that it wants; null for none. */
  wants: string | null = null;
  readonly port: number;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
    server.on("connection", (socket: Socket) => this.keep(socket));
    server.on("connect", (request, client: Socket) => {
      const { "proxy-authorization": authorization } = request.headers;
      const [, host = "", at = ""] = /^(.*):(\d+)$/.exec(request.url ?? "") ?? [];
      this.asked.push({ target: `${host}:${at}`, authorization });
      const isWrong = this.wants !== null && authorization !== `Basic ${Buffer.from(this.wants).toString("base64")}`;
      const status = isWrong ? 407 : this.refuse;
      client.on("error", () => client.destroy());
      if (status !== null) return client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      const onward = connect(Number(at), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(onward).pipe(client);
      });
      this.keep(onward);
      onward.on("error", () => client.destroy());
      onward.on("close", () => client.destroy());
      client.on("close", () => onward.destroy());
      return undefined;
    });
  }

  static async open(tls?: { key: string; cert: string }): Promise<ProxyDouble> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return new ProxyDouble(server, port);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
  }
}
