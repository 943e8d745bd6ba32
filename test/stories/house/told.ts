import type { Member } from "./member.ts";
import { saying, Unruly } from "./unruly.ts";
import { until } from "./until.ts";

/** Whom an organization tells, and what they hear. */

/** A webhook that hears everything, unless it is told otherwise. */
export async function channel(owner: Member, name: string): Promise<{ id: string; receiver: Unruly }> {
  const receiver = await new Unruly(saying(204)).listen();
  const made = await owner.submit("/app/channels", { kind: "webhook", name, url: `${receiver.url}/hook` });
  const id = /\/app\/channels\/([a-z0-9]{24})\//.exec(await made.text())?.[1];
  if (id === undefined) throw new Error(`expected the page of ${name}, got ${made.status}`);
  return { id, receiver };
}

interface Told {
  id: string;
  type: string;
  phase: string;
  title: string;
  lines: string[];
  services: (string | null)[];
  incidentId: string;
  acknowledge: string;
}

/** What came to a receiver, each attempt. */
export function toldTo({ came }: Unruly): Told[] {
  return came.map(({ headers, body }) => {
    const { type, data } = JSON.parse(body);
    const services = data.incidents.map(({ service }: { service: string | null }) => service);
    const { phase, title, lines } = data.alert;
    const rest = { incidentId: data.incident.id, acknowledge: data.acknowledge };
    return { id: String(headers["webhook-id"]), type, phase, title, lines, services, ...rest };
  });
}

export async function hears(receiver: Unruly, phase: string, service: string): Promise<Told> {
  return until(`${phase} of ${service}`, () =>
    toldTo(receiver).find((told) => told.phase === phase && told.services.includes(service)),
  );
}

/** What the page of an incident says about who was told and who looks after it. */
export async function pageOf(owner: Member, incidentId: string): Promise<{ why: string; acknowledged: unknown }> {
  const { why, acknowledged } = JSON.parse(await (await owner.get(`/app/incident/${incidentId}.json`)).text());
  return { why: why.map(({ words }: { words: string }) => words).join("\n"), acknowledged };
}
