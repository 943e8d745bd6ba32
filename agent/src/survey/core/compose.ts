import { parse } from "yaml";
import { type Found, mention, recordOf, textOf, YAML_LIMIT } from "./found.ts";

/**
 * The services of a compose file are containers, and stay so: they are only mentioned, with their ports and health checks, to be taken over
 * by hand.
 */
export function fromCompose(text: string, file: string): Found {
  if (text.length > YAML_LIMIT) return mention(file, "is too large to be looked into");
  let services: Record<string, unknown>;
  try {
    services = recordOf(recordOf(parse(text, { logLevel: "silent" }))["services"]);
  } catch {
    return mention(file, "could not be read as YAML");
  }
  const mentions = Object.entries(services)
    .slice(0, 50)
    .map(([name, service]) => ({ from: file, text: wordsOfService(name, recordOf(service)) }));
  if (mentions.length > 0)
    mentions.push({ from: file, text: "what runs in a container may be watched with: port_owner: any" });
  return { services: [], mentions };
}

function wordsOfService(name: string, service: Record<string, unknown>): string {
  const parts = [];
  const image = textOf(service["image"]);
  if (service["build"] !== undefined && service["command"] !== undefined)
    parts.push(`built here, so it may run without a container: ${plain(service["command"])}`);
  else if (service["build"] !== undefined) parts.push("built here, from a Dockerfile");
  else if (image !== null) parts.push(`image ${image}`);
  const ports = Array.isArray(service["ports"]) ? service["ports"].map(portOf).filter((port) => port !== "") : [];
  if (ports.length > 0) parts.push(`port ${ports.join(", ")}`);
  const check = recordOf(service["healthcheck"])["test"];
  if (check !== undefined) parts.push(`health check: ${plain(check)}`);
  return `${name}: ${parts.join("; ") || "a container"}`;
}

/** `127.0.0.1:8001:80/tcp` is 8001 on this host; the long form says `published`. */
function portOf(port: unknown): string {
  if (typeof port === "number") return String(port);
  const published = typeof port === "string" ? port : plain(recordOf(port)["published"] ?? "");
  const words = published.replace(/\/\w+$/, "").split(":");
  return (words.length > 1 ? words.at(-2) : words[0]) ?? "";
}

/** Words of a list or a text, without what tells Docker how to run them. */
function plain(value: unknown): string {
  const words = Array.isArray(value) ? value.filter((word) => word !== "CMD" && word !== "CMD-SHELL") : [value];
  return words.map((word) => (typeof word === "string" || typeof word === "number" ? String(word) : "")).join(" ");
}
