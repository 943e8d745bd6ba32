import type { Alerts } from "./alerts/alerts.ts";
import type { Fleet } from "./fleet/fleet.ts";

/** What the platform hands the Worker. Optional bindings are missing in the embedded server. */
export interface Env {
  DB: D1Database;
  FLEET: DurableObjectNamespace<Fleet>;
  ALERTS: DurableObjectNamespace<Alerts>;
  NOTICES: Queue<NoticeMessage>;
  /** The agent's bundle and the dashboard's script. */
  ASSETS: Fetcher;
  /** The address people and agents use, without a trailing slash: `https://afloat.example.com`. */
  PUBLIC_URL: string;
  /** Signs sessions, and derives the keys of host credentials; 32 random bytes or more. */
  AFLOAT_SECRET: string;
  /** How long a status page may be served from cache, milliseconds. */
  STATUS_CACHE_MS?: string;
  /** `on`: sign in with e-mail and password (self-hosting, paid plans). */
  PASSWORDS?: string;
  /** `open`: anyone may sign up and make an organization. Closed unless said. */
  SIGN_UP?: string;
  /** `on`: what people are told by may be on this machine or in its own network, and speak plain http (self-hosting). */
  ALLOW_PRIVATE?: string;
  /** Organizations founded from now on share so many Fleets; each has one of its own unless said. */
  FLEET_CELLS?: string;
  GITHUB_CLIENT_ID?: string;
  GITHUB_CLIENT_SECRET?: string;
  /** Sends mail, where the platform has it and MAIL_URL says nothing else. */
  EMAIL?: SendEmail;
  /** How mail is sent otherwise, a secret: outgoing/mail/mail-server.ts. */
  MAIL_URL?: string;
  /** The address that mails come from: `alerts@example.com`, or `Afloat <alerts@example.com>`. */
  EMAIL_FROM?: string;
}

/** One message on the queue: this notice is to go out on this channel. */
export interface NoticeMessage {
  organizationId: string;
  noticeId: string;
  channelId: string;
  /** Which attempt of it, from 1; absent from a Worker of before there were lanes. */
  attempt?: number;
  /** No notice at all: it was sent then, milliseconds since the epoch, to see how late it comes. */
  pulseMs?: number;
}
