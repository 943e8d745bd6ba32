// A service that is as its mood says: actor.mjs NAME PORT... reads the mood from the file NAME.mood, again and again:
// 200, 404, 500 … [after so many ms], hang, drop, garbage: what its endpoint does. close [PORT]: the port closes, the process lives on.
// freeze: its whole event loop stands still. exit CODE: it ends when its endpoint is called. crash CODE: it ends at once.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const [name, ...ports] = process.argv.slice(2);

function mood() {
  try {
    return readFileSync(`${name}.mood`, "utf8").trim();
  } catch {
    return "200";
  }
}

function answer(socket) {
  const [what, more] = mood().split(" ");
  if (what === "exit") process.exit(Number(more));
  if (what === "hang") return;
  if (what === "drop") return socket.resetAndDestroy();
  if (what === "garbage") return socket.end("SSH-2.0-OpenSSH_9.2\r\n");
  const status = Number(what) || 200;
  const end = () => socket.end(`HTTP/1.1 ${status} Well\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`);
  if (Number(what) > 0 && more !== undefined) setTimeout(end, Number(more));
  else end();
}

const servers = ports.map((port) => {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => answer(socket));
  });
  server.on("error", () => setTimeout(look, 100));
  return { port, server };
});

function look() {
  const [what, more] = mood().split(" ");
  if (what === "crash") process.exit(Number(more));
  if (what === "freeze") for (;;);
  for (const { port, server } of servers) {
    const open = what !== "close" || (more !== undefined && more !== port);
    if (open && !server.listening) server.listen(Number(port), "127.0.0.1");
    if (!open && server.listening) server.close();
  }
}

look();
setInterval(look, 20);
