import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface Answer {
  status: number;
  body: string;
}

/** One POST of JSON, bounded in time and size, redirects not followed. Rejects where there is no answer. */
export function postJson(url: string, bearer: string, body: object, timeoutMs = 15_000): Promise<Answer> {
  const text = JSON.stringify(body);
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${bearer}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    };
    const call = request(url, { method: "POST", headers }, (answer) => {
      let heard = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        heard += chunk;
        if (heard.length > LIMIT) call.destroy(new Error(`expected an answer of at most ${LIMIT} bytes`));
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: heard }));
      answer.on("error", reject);
    });
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    call.on("close", () => clearTimeout(timer));
    call.on("error", reject);
    call.end(text);
  });
}

const LIMIT = 1024 * 1024;
