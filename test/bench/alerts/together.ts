import { setTimeout as wait } from "node:timers/promises";
import { OFFLINE_AFTER_MS } from "@afloat/shared/core/offline-after";
import { FleetUnderLoad } from "../../load/fleet-under-load.ts";
import { Receiver } from "../../stories/house/receiver.ts";
import { until } from "../../stories/house/until.ts";
import type { Figure } from "../figure.ts";

const SERVICES = 100;
const HOSTS = 300;
const MINUTE_MS = 60_000;
/** Nothing more comes after this: what belongs together is waited for 10 s at most. */
const STILL_MS = 15_000;

/** How many messages come of very much at once: of a host whose services all fail, of a network that is cut for a minute and for five. */
export async function togetherFigures(progress: (text: string) => void): Promise<Figure[]> {
  progress(`${SERVICES} services of one host fail`);
  const host = await withFleet({ hosts: 1, services: SERVICES }, hostFails);
  progress(`the network of ${HOSTS} hosts is cut for 1 min, and of as many others for 5: six minutes`);
  const [short, long] = await Promise.all([
    withFleet({ hosts: HOSTS, services: 1 }, (fleet, receiver) => cut(fleet, receiver, MINUTE_MS)),
    withFleet({ hosts: HOSTS, services: 1 }, (fleet, receiver) => cut(fleet, receiver, 5 * MINUTE_MS)),
  ]);
  return [
    figureOf(`${SERVICES} services of one host fail: messages`, host, 1),
    figureOf(`the network of ${HOSTS} hosts is cut for 1 min: messages`, short, 0),
    figureOf(`the network of ${HOSTS} hosts is cut for 5 min: messages`, long, 1),
  ];
}

interface Told {
  messages: number;
  /** That it is over. */
  ends: number;
}

async function hostFails({ agents: [agent] }: FleetUnderLoad, receiver: Receiver): Promise<Told> {
  for (const name of agent?.services.keys() ?? []) agent?.loop(name);
  await until("to be told", () => receiver.received.length > 0);
  await wait(STILL_MS);
  return toldTo(receiver);
}

async function cut({ agents }: FleetUnderLoad, receiver: Receiver, forMs: number): Promise<Told> {
  for (const agent of agents) agent.freeze();
  await wait(forMs);
  await Promise.all(agents.map((agent) => agent.thaw()));
  await until("all to be back", () => agents.every(({ isWelcome }) => isWelcome), MINUTE_MS);
  // Whoever would have counted as silent has by now.
  await wait(Math.max(STILL_MS, OFFLINE_AFTER_MS.otherwise - forMs + STILL_MS));
  return toldTo(receiver);
}

function toldTo({ received }: Receiver): Told {
  const ends = received.filter(({ type }) => type === "incident.closed").length;
  return { messages: received.length - ends, ends };
}

async function withFleet(
  of: { hosts: number; services: number },
  happens: (fleet: FleetUnderLoad, receiver: Receiver) => Promise<Told>,
): Promise<Told> {
  const fleet = await FleetUnderLoad.build(of);
  const receiver = new Receiver();
  try {
    const channel = { slug: "load", name: "On call", url: await receiver.listen() };
    receiver.secret = (await fleet.house.server.operator<{ secret: string }>("/channel", channel)).secret;
    await Promise.all(fleet.agents.map((agent) => agent.connect()));
    await until("all to be welcome", () => fleet.agents.every(({ isWelcome }) => isWelcome), MINUTE_MS);
    return await happens(fleet, receiver);
  } finally {
    receiver.close();
    await fleet.end();
  }
}

function figureOf(figure: string, { messages, ends }: Told, aim: number): Figure {
  const against = ends === 0 ? null : `and ${ends} that it is over`;
  return {
    bench: "alerts",
    figure,
    value: messages,
    unit: "",
    against,
    ratio: null,
    aim: `${aim}`,
    met: messages === aim,
  };
}
