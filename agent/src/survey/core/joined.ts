import type { Found, Proposal } from "./found.ts";

/**
 * One list of what several files say. `named` list services outright (Procfile, pm2, supervisord) and all count, each command once; `guessed`
 * (scripts, manage.py) count only where none of those says anything, since they would start the same thing again.
 */
export function joined(named: readonly Found[], guessed: readonly Found[]): Found {
  const services = new Map<string, Proposal>();
  const certain = named.flatMap((found) => found.services);
  const chosen = certain.length > 0 ? certain : guessed.flatMap((found) => found.services);
  for (const service of chosen) {
    const key = JSON.stringify([service.command, service.dir, service.env]);
    if (!services.has(key)) services.set(key, service);
  }
  const left = certain.length > 0 ? guessed.flatMap((found) => found.services) : [];
  const mentions = [
    ...[...named, ...guessed].flatMap((found) => found.mentions),
    ...left.map(({ command, from }) => ({
      from,
      text: `not proposed beside the others: ${[command].flat().join(" ")}`,
    })),
  ];
  return { services: [...services.values()], mentions };
}
