// A service that is well: answers 200 to / and 404 to everything else. Writes a line for each of its starts. web.mjs PORT
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

createServer((request, response) => {
  response.statusCode = request.url === "/" ? 200 : 404;
  response.end("hello");
}).listen(Number(process.argv[2]), "127.0.0.1", () => appendFileSync("starts", `${process.pid}\n`));
