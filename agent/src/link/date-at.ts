import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { agentOf, type Way } from "./way.ts";

/** What time it is at the other end, as its answers say (RFC 9110, 6.6.1); empty where they do not. Rejects where there is no answer in time. */
export async function dateAt(way: Way, withinMs: number): Promise<string> {
  const request = way.cloud.startsWith("https:") ? httpsRequest : httpRequest;
  const agent = agentOf(way);
  try {
    return await new Promise((resolve, reject) => {
      const call = request(way.cloud, { method: "HEAD", agent, signal: AbortSignal.timeout(withinMs) }, (answer) => {
        answer.resume();
        resolve(answer.headers.date ?? "");
      });
      call.on("error", reject);
      call.end();
    });
  } finally {
    agent.destroy();
  }
}
