import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { messageOf } from "../error-words.ts";

export interface Answer {
  status: number;
  body: string;
  /** Where a redirect points. It is not followed: the credential goes nowhere but to the configured address. */
  location: string | null;
}

/** An answer larger than this is cut off, characters. */
const ANSWER_LIMIT = 1024 * 1024;

/** One POST of JSON, bounded in time and size, over verified TLS. Rejects where there is no answer. */
export function postJson(url: string, bearer: string, text: string, timeoutMs = 15_000): Promise<Answer> {
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${bearer}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    };
    // Said outright: NODE_TLS_REJECT_UNAUTHORIZED in the environment must not turn it off.
    const options = { method: "POST", headers, rejectUnauthorized: true };
    const call = request(url, options, (answer) => {
      let heard = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        heard += chunk;
        if (heard.length > ANSWER_LIMIT)
          call.destroy(new Error(`expected an answer of at most ${ANSWER_LIMIT} characters`));
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, body: heard, location: answer.headers.location ?? null }),
      );
      answer.on("error", reject);
    });
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    call.on("close", () => clearTimeout(timer));
    call.on("error", reject);
    call.end(text);
  });
}

/** What went wrong with a call, in a line. An address tried on several paths fails with several errors and no words. */
export function faultWords(error: unknown): string {
  if (error instanceof AggregateError) return faultWords(error.errors[0]);
  return messageOf(error);
}
