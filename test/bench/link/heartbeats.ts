import { Agent, request } from "node:http";
import type { House } from "../../stories/house/house.ts";
import { atLeast, type Figure, median } from "../figure.ts";
import type { BareObject } from "./bare-object.ts";
import { enrol } from "./hosts.ts";
import { helloFrame } from "./messages.ts";

const bench = "link";
const HOSTS = 32;
const ROUND_MS = 2_500;
/** Uptime Kuma's push route, the best of what was seen of it: 175 to 212 a second, on another machine. */
const KUMA = { name: "Uptime Kuma push, measured elsewhere", value: 212 };

type Post = () => Promise<unknown>;

/** How many heartbeats by HTTP a second, where WebSockets cannot pass; each is checked, answered, and is a sign of life. */
export async function heartbeatFigures(
  house: House,
  bare: BareObject,
  rounds: number,
  progress: (text: string) => void,
): Promise<Figure[]> {
  const hosts = await enrol(house, "crowd", HOSTS);
  const agent = new Agent({ keepAlive: true, maxSockets: HOSTS });
  const url = `${house.server.url}/agent/messages`;
  const [ours, floor]: [Post[], Post[]] = [[], []];
  for (const { id, credential } of hosts) {
    const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
    await post(agent, url, headers, `{"messages":[${helloFrame(id)}]}`);
    const beat = { type: "beat", journalId: `journal-${id}`, runId: `run-${id}`, lastSeq: 0 };
    const body = JSON.stringify({ messages: [beat] });
    ours.push(() => post(agent, url, headers, body));
    floor.push(() => post(agent, `${bare.url}/?id=${id}`, headers, body));
  }
  const [measured, floors]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    progress(`heartbeats a second, ${round + 1} of ${rounds}`);
    floors.push(await perSecond(floor));
    measured.push(await perSecond(ours));
  }
  agent.destroy();
  const value = median(measured);
  const figure = { bench, figure: "heartbeats by HTTP", value, unit: "/s" };
  return [atLeast({ name: "bare route, RPC, one row", value: median(floors) }, figure, 0.5), atLeast(KUMA, figure, 5)];
}

async function perSecond(posts: Post[]): Promise<number> {
  const startedMs = performance.now();
  const untilMs = startedMs + ROUND_MS;
  const counts = await Promise.all(
    posts.map(async (each) => {
      let count = 0;
      for (; performance.now() < untilMs; count++) await each();
      return count;
    }),
  );
  return (counts.reduce((sum, each) => sum + each, 0) * 1_000) / (performance.now() - startedMs);
}

function post(agent: Agent, url: string, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, method: "POST", headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`expected 200 from ${url}, got ${answer.statusCode}`));
      answer.resume().once("end", resolve);
    });
    call.once("error", reject);
    call.end(body);
  });
}
