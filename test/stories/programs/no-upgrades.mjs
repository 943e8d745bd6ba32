// A proxy as some networks have it: it passes plain requests to TARGET, and answers every upgrade with 403. Listens on PORT.
import { createServer, request } from "node:http";

const { PORT, TARGET } = process.env;

const proxy = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port: TARGET, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
});
proxy.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n"));
proxy.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
