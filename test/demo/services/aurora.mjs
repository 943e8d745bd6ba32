// The four services of the incident, each a small real HTTP server: NAME, PORT, and what it calls by NEEDS.
import { createServer } from "node:http";

const { NAME, PORT, NEEDS } = process.env;
// The backend of the incident: its configuration says /health, it only ever answered /healthz.
const PATHS = { "aurora-backend": ["/healthz"], "self-learning": ["/"], "aurora-ui": ["/"], "file-server": ["/"] }[
  NAME
];

createServer((request, response) => {
  const found = PATHS.includes(request.url);
  response.writeHead(found ? 200 : 404, { "content-type": "text/plain" }).end(found ? `${NAME}\n` : "not found\n");
}).listen(Number(PORT), "127.0.0.1", () => console.log(`${NAME} listens on ${PORT}`));

if (NEEDS !== undefined) {
  const ask = () =>
    fetch(NEEDS).then(
      (answer) => console.log(`${NEEDS} answered ${answer.status}`),
      (error) => console.log(`${NEEDS}: ${error.message}`),
    );
  setInterval(ask, 10_000);
}
