import type { EndpointSpec, ServiceSpec } from "../spec.ts";

/** How much of a command is shown, characters. */
const COMMAND_LIMIT = 60;

/** What is asked, as shown: `GET /health`, or with the whole address where it is not a path on the first port. */
export function endpointWords(spec: ServiceSpec): string {
  if (spec.endpoint === null) return "";
  const whole = askedWords(spec.endpoint);
  return whole.replace(` http://localhost:${spec.ports[0] ?? ""}/`, " /");
}

/** What is asked, with its whole address. */
export function askedWords(endpoint: EndpointSpec): string {
  switch (endpoint.kind) {
    case "http":
      return `${endpoint.method} ${endpoint.url}${endpoint.socket === null ? "" : ` on ${endpoint.socket}`}`;
    case "grpc":
      return `gRPC health of ${endpoint.service === "" ? "the server" : endpoint.service} at ${new URL(endpoint.url).host}`;
    case "command": {
      const { command } = endpoint;
      return `command ${(command.kind === "line" ? command.line : command.words.join(" ")).slice(0, COMMAND_LIMIT)}`;
    }
  }
}
