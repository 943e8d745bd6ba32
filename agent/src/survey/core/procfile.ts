import { type Found, portSaid, proposal } from "./found.ts";

/** The processes of a Procfile; what runs once at a release is none. */
export function fromProcfile(text: string): Found {
  const found: Found = { services: [], mentions: [] };
  for (const line of text.split(/\r?\n/)) {
    const [, name, command] = /^\s*([A-Za-z0-9][\w.-]*):\s*(\S.*)$/.exec(line) ?? [];
    if (name === undefined || command === undefined || command.includes("\0")) continue;
    if (name === "release") {
      found.mentions.push({ from: "Procfile", text: `release runs once, before a deploy: ${command}` });
      continue;
    }
    const notes = /\$\{?PORT\b/.test(command)
      ? ['it takes its port from PORT: env: { PORT: "3000" } and port: 3000']
      : [];
    found.services.push(proposal(name, command.trim(), "Procfile", { port: portSaid(command), notes }));
  }
  return found;
}
