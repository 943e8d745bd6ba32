// Answers every call with one status: answers.mjs PORT STATUS [NAME_OF_ITS_PROCESS]
import { createServer } from "node:http";

const [, , port, status, name] = process.argv;
if (name !== undefined) process.title = name;
createServer((_, response) => response.writeHead(Number(status)).end()).listen(Number(port), "127.0.0.1");
