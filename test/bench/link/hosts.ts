import type { House } from "../../stories/house/house.ts";

/** What a host shows at the cloud's door. */
export interface Enrolled {
  id: string;
  credential: string;
}

/** Hosts without an agent, enrolled as `afloat enroll` does it. */
export async function enrol(house: House, slug: string, count: number): Promise<Enrolled[]> {
  const wanted = { slug, name: "bench", singleUse: false, expiresInMs: 600_000 };
  const { key } = await house.server.operator<{ key: string }>("/enrolment-key", wanted);
  const hosts: Enrolled[] = [];
  for (let i = 0; i < count; i++) {
    const answer = await fetch(`${house.server.url}/agent/enroll`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ host: { name: `crowd-${i}`, os: "Debian", arch: "x64" } }),
    });
    const enrolled: { credential: string; host: { id: string } } = JSON.parse(await answer.text());
    hosts.push({ id: enrolled.host.id, credential: enrolled.credential });
  }
  return hosts;
}
