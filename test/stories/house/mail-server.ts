import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** Of `localhost` and 127.0.0.1, signed by itself: trusted where somebody says so. */
export const CERTIFICATE = readFileSync(
  fileURLToPath(new URL("certificates/mail-server.pem", import.meta.url)),
  "utf8",
);
export const PASSWORD = "p@ss: word/%";

/** A mail as it came: read by a library of others, and as it was on the wire. */
export interface CameMail {
  mail: Email;
  raw: string;
  from: string;
  to: string[];
  wasEncrypted: boolean;
}

/** A real SMTP server on loopback (the `smtp-server` package), with one login. */
export class MailServer {
  readonly came: CameMail[] = [];
  /** What it answers to a recipient; null takes him. */
  refusal: { code: number; text: string } | null = null;
  port = 0;
  readonly #server: SMTPServer;

  constructor(options: SMTPServerOptions = {}) {
    this.#server = new SMTPServer({
      ...{ key: CERTIFICATE, cert: CERTIFICATE, logger: false, authOptional: true },
      onAuth: ({ username, password }, _session, done) => {
        if (username === "afloat" && password === PASSWORD) done(null, { user: username });
        else done(Object.assign(new Error("who are you"), { responseCode: 535 }));
      },
      onRcptTo: (_address, _session, done) => {
        const { refusal } = this;
        done(refusal === null ? null : Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
      },
      onData: (stream, { envelope, secure }, done) => {
        let raw = "";
        stream.on("data", (chunk: Buffer) => (raw += chunk.toString("latin1")));
        stream.on("end", () => {
          const { mailFrom, rcptTo } = envelope;
          const of = { raw, to: rcptTo.map(({ address }) => address), wasEncrypted: secure };
          const from = mailFrom === false ? "" : mailFrom.address;
          void PostalMime.parse(raw).then((mail) => {
            this.came.push({ mail, from, ...of });
            done(null, "taken");
          });
        });
      },
      ...options,
    });
    // Whoever is hung up on is no concern of this test.
    this.#server.on("error", () => undefined);
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
    return this;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}
