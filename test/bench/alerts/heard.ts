import { createServer } from "node:http";
import { House } from "../../stories/house/house.ts";
import type { StoryHost } from "../../stories/house/host.ts";
import { type Received, Receiver } from "../../stories/house/receiver.ts";
import { until } from "../../stories/house/until.ts";
import { type Figure, median, p95, rounded } from "../figure.ts";

const bench = "alerts";
const LIMIT_MS = 1_000;

/** Each ends at once while its file is there, else stays up: what loops again and again would be told as flapping. */
function servicesOf(count: number): string {
  const lines = Array.from(
    { length: count },
    (_, i) => `  s${i}:
    command: sh -c "if [ -e broken-s${i} ]; then exit 3; fi; exec sleep 1000"
    backoff: { min: 50ms, max: 200ms, stable_after: 1s }
`,
  );
  return `services:\n${lines.join("")}`;
}

/** One after the other, so that none has so many alerts within a minute that they would be told together. */
const ORGANIZATIONS = 8;

/** How long after the restart that makes it a loop a webhook is told, with nothing set but the channel. */
export async function heardFigures(rounds: number, progress: (text: string) => void): Promise<Figure[]> {
  const house = await House.build();
  const places: Place[] = [];
  try {
    for (let i = 0; i < ORGANIZATIONS; i++) {
      places.push(await placeIn(house, `org-${i}`, Math.ceil(rounds / ORGANIZATIONS)));
    }
    const tookMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`a restart loop told, ${round + 1} of ${rounds}`);
      const place = places[round % ORGANIZATIONS];
      if (place !== undefined) tookMs.push(await loopMs(place, `s${Math.floor(round / ORGANIZATIONS)}`));
    }
    const bareMs = await barePosts(rounds, JSON.stringify(places[0]?.receiver.received[0]?.data));
    return figuresOf(tookMs, bareMs);
  } finally {
    for (const { receiver } of places) receiver.close();
    await house.end();
  }
}

/** An organization with a host and a receiver. */
interface Place {
  host: StoryHost;
  receiver: Receiver;
}

async function placeIn(house: House, slug: string, services: number): Promise<Place> {
  const receiver = new Receiver();
  await house.foundOnly(slug);
  const channel = { slug, name: "On call", url: await receiver.listen() };
  receiver.secret = (await house.server.operator<{ secret: string }>("/channel", channel)).secret;
  return { host: await house.addHost(slug, `host-of-${slug}`, servicesOf(services)), receiver };
}

/** A loop begins, is told, is over, and that is told. */
async function loopMs({ host, receiver }: Place, name: string): Promise<number> {
  await host.see(name, ({ verdict }) => verdict === "healthy", "is up");
  host.run(["pause", name]);
  host.write(`broken-${name}`, "");
  const before = receiver.received.length;
  host.run(["resume", name], {}, "may fail");
  const opened = await next(receiver, before, "incident.opened");
  host.remove(`broken-${name}`);
  await next(receiver, before, "incident.closed");
  return opened.atMs - Date.parse(String(opened.data.incident["openedAt"]));
}

function next(receiver: Receiver, from: number, type: string): Promise<Received> {
  return until(type, () => receiver.received.slice(from).find((each) => each.type === type));
}

/** What as many bare POSTs of as much take until they are received, milliseconds. */
async function barePosts(count: number, body: string): Promise<number[]> {
  let receivedMs = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      receivedMs = performance.now();
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
  const tookMs: number[] = [];
  for (let i = 0; i < count; i++) {
    const askedMs = performance.now();
    await fetch(url, { method: "POST", body, headers: { "content-type": "application/json", connection: "close" } });
    tookMs.push(receivedMs - askedMs);
  }
  server.close();
  return tookMs;
}

function figuresOf(tookMs: readonly number[], bareMs: readonly number[]): Figure[] {
  const [value, floor] = [p95(tookMs), p95(bareMs)];
  const plain = { bench, unit: "ms", ratio: null };
  return [
    {
      ...{ ...plain, figure: `the deciding restart to the webhook received, p95 of ${tookMs.length}`, value },
      ...{ against: `300 ms of it waits for more; a bare POST: ${rounded(floor)} ms` },
      ...{ aim: `<= ${LIMIT_MS} ms`, met: value <= LIMIT_MS },
    },
    { ...plain, figure: "of them, the median", value: median([...tookMs]), against: null, aim: null, met: null },
  ];
}
