import { connect } from "cloudflare:sockets";
import type { MailServer } from "./mail-server.ts";

export interface Reply {
  code: number;
  text: string;
}

type SmtpServer = Extract<MailServer, { kind: "smtp" }>;

/** More than a server may say to one command. */
const REPLY_LIMIT = 8192;

/** The line to an SMTP server: says a command, hears a reply. Whoever opens it closes it. */
export class SmtpLine {
  #socket: Socket;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #heard = "";

  constructor({ hostname, port, tls }: SmtpServer) {
    const secureTransport = tls === "implicit" ? "on" : tls;
    this.#socket = connect({ hostname, port }, { secureTransport, allowHalfOpen: false });
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
  }

  async say(command: string): Promise<Reply> {
    await this.#writer.write(new TextEncoder().encode(`${command}\r\n`));
    return this.hear();
  }

  /** The next reply, all of its lines. Throws where the server hangs up, or never ends. */
  async hear(): Promise<Reply> {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r?\n)*(\d{3})(?: .*)?\r?\n/.exec(this.#heard);
      if (whole !== null) {
        this.#heard = this.#heard.slice(whole[0].length);
        return { code: Number(whole[1]), text: whole[0].replaceAll(/^\d{3}[- ]?/gm, "").trim() };
      }
      if (this.#heard.length > REPLY_LIMIT) throw new Error("the mail server's answer does not end");
      const { done, value } = await this.#reader.read();
      if (done) throw new Error("the mail server hung up");
      this.#heard += new TextDecoder().decode(value);
    }
  }

  /** From here on all is encrypted. What was said in clear before is forgotten: it could be anybody's. */
  encrypt(): void {
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#socket = this.#socket.startTls();
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
    this.#heard = "";
  }

  async close(): Promise<void> {
    // It may be closed, or broken, already: then there is nothing left to do.
    await this.#socket.close().catch(() => undefined);
  }
}
