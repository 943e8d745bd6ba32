// A proxy as some networks have it: it passes plain requests to TARGET, and answers every upgrade with 403, until SIGUSR2 lets them pass.
// Listens on PORT.
import { createServer, request } from "node:http";
import { connect } from "node:net";

const { PORT, TARGET } = process.env;
let passes = false;
process.on("SIGUSR2", () => (passes = true));

const proxy = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port: TARGET, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
});
proxy.on("upgrade", ({ method, url, rawHeaders }, socket, head) => {
  if (!passes) return socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
  const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
  const onward = connect(Number(TARGET), "127.0.0.1", () => {
    onward.write(`${[`${method} ${url} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
  });
  for (const each of [onward, socket]) each.on("error", () => (onward.destroy(), socket.destroy()));
});
proxy.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
