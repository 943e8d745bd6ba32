import { createServer, type Server } from "node:http";
import { Webhook } from "standardwebhooks";

/** A notice as it arrived, its signature proved by the `standardwebhooks` package. */
export interface Received {
  id: string;
  atMs: number;
  type: string;
  data: {
    incident: Record<string, unknown> & { lastLines: string[] };
    organization: { slug: string };
    link: string;
    runbook: string;
  };
}

/** A real receiver of webhooks. What is not rightly signed is refused and counted. */
export class Receiver {
  readonly received: Received[] = [];
  forged = 0;
  secret = "";
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
      request.on("end", () => response.writeHead(this.#take(request.headers, body)).end());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hook`;
  }

  close(): void {
    this.#server.close();
  }

  #take(headers: NodeJS.Dict<string | string[]>, body: string): number {
    const text = (name: string) => String(headers[name] ?? "");
    try {
      const signed = {
        "webhook-id": text("webhook-id"),
        "webhook-timestamp": text("webhook-timestamp"),
        "webhook-signature": text("webhook-signature"),
      };
      new Webhook(this.secret).verify(body, signed);
    } catch {
      this.forged++;
      return 401;
    }
    const told: Omit<Received, "id" | "atMs"> = JSON.parse(body);
    this.received.push({ ...told, id: text("webhook-id"), atMs: Date.now() });
    return 204;
  }
}
