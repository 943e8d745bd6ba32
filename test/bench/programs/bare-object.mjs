// The floor under whatever keeps state on this platform: a Durable Object that writes one row for each message, and for each POST
// handed to it by a Worker, and does nothing else.
import { DurableObject } from "cloudflare:workers";

export class Bare extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec("create table if not exists host (id text primary key, doc text not null) without rowid");
  }

  fetch(request) {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const asked = new URL(request.url).searchParams;
    server.serializeAttachment(asked.get("id"));
    if (asked.has("row")) this.write(asked.get("id"), "connected");
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, raw) {
    this.write(socket.deserializeAttachment(), raw);
    socket.send("ok");
  }

  write(id, doc) {
    this.sql.exec("insert into host values (?, ?) on conflict do update set doc = excluded.doc", id, doc);
  }
}

export default {
  async fetch(request, env) {
    const bare = env.BARE.get(env.BARE.idFromName("one"));
    if (request.headers.get("upgrade") === "websocket") return bare.fetch(request);
    await bare.write(new URL(request.url).searchParams.get("id"), await request.text());
    return new Response("ok");
  },
};
