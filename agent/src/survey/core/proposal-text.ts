import { RESERVED_NAMES } from "@afloat/shared/config/resolve";
import { escaped } from "@afloat/shared/config/variables";
import { Document, isPair, Scalar, YAMLMap } from "yaml";
import type { Mention, Proposal } from "./found.ts";
import { namesOf } from "./names.ts";

/** Something that listens already. */
export interface Listening {
  port: number;
  pid: number;
  /** Its command line. */
  command: string;
  dir: string;
}

/** All that was found. */
export interface Survey {
  services: readonly Proposal[];
  mentions: readonly Mention[];
  /** Those that are of no proposed service. */
  listening: readonly Listening[];
}

/** A comment is one line of this length at most: what is found may be anything. */
const COMMENT_LIMIT = 200;

/** How many that listen are told in the file. */
const LISTENING_LIMIT = 20;

/** The file that is proposed: valid, with comments for a person. Names and commands are quoted by the library that reads them. */
export function proposalText({ services, mentions, listening }: Survey): string {
  const document = new Document(new YAMLMap());
  const all = new YAMLMap();
  const names = namesOf(services.map(({ name }) => name));
  services.forEach((service, i) => all.add(pairOf(document, names[i] ?? "app", service)));
  const tail = [
    ...mentions.map(({ from, text }) => `${from}: ${text}`),
    ...listening
      .slice(0, LISTENING_LIMIT)
      .map(({ port, pid, command, dir }) => `Something already listens on ${port}: ${command} (pid ${pid}, in ${dir})`),
  ];
  const more = listening.length - LISTENING_LIMIT;
  if (more > 0) tail.push(`and ${more} more that listen: afloat init --json`);
  if (services.length === 0) all.flow = true;
  document.set("services", all);
  document.commentBefore = HEAD;
  const text = document.toString({ lineWidth: 0 });
  const found =
    tail.length === 0 ? "" : `\n# Also found here:\n${tail.map((line) => `#   ${oneLine(line)}\n`).join("")}`;
  return `${text}${services.length === 0 ? EXAMPLE : ""}${found}`;
}

function pairOf(document: Document, name: string, service: Proposal) {
  const { command, dir, env, port, health, stopSignal } = service;
  const map = new YAMLMap();
  const add = (key: string, value: unknown, comment: string | null = null) => {
    const node = document.createNode(value);
    node.comment = comment === null ? null : ` ${oneLine(comment)}`;
    if (node instanceof YAMLMap || Array.isArray(value)) Object.assign(node, { flow: true });
    map.add(document.createPair(key, node));
  };
  // In a line, `${…}` is the shell's affair; everywhere else it would be taken for a variable of the file.
  const words = typeof command === "string" ? whole(command) : command.map(literal);
  add("command", words, `from ${service.from}`);
  if (dir !== ".") add("cwd", literal(dir));
  const variables = Object.entries(env).filter(([name, value]) => !RESERVED_NAMES.has(name) && !value.includes("\0"));
  if (variables.length > 0) add("env", Object.fromEntries(variables.map(([key, value]) => [key, literal(value)])));
  if (port !== null) add("port", port);
  if (health !== null) add("health", health, "it was called, and answered");
  if (stopSignal !== null) add("stop", { signal: stopSignal });
  const hints = [
    ...service.notes,
    ...(port === null ? ["port: 3000            # it should listen here: open keeps it alive"] : []),
    ...(health === null
      ? ["health: /health       # asked every 10 s; until it has answered once, it never restarts anything"]
      : []),
  ];
  map.comment = hints.map((hint) => ` ${oneLine(hint)}`).join("\n");
  const pair = document.createPair(new Scalar(name), map);
  if (isPair(pair) && map.items.length > 0) map.spaceBefore = false;
  return pair;
}

/** A text that the file's reader takes as it is. */
const literal = (text: string) => escaped(whole(text));

/** Half of a character that UTF-8 has no way to write becomes a mark of that. */
const whole = (text: string) =>
  text.replaceAll(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");

/** What a terminal or an editor could take for something else is shown as a question mark. */
function oneLine(text: string): string {
  const line = whole(text)
    .replaceAll(/[\s\u2028\u2029]/g, " ")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\uFEFF]/gu, "?")
    .trimEnd();
  return line.length > COMMENT_LIMIT ? `${whole(line.slice(0, COMMENT_LIMIT))}…` : line;
}

const HEAD = ` What runs on this host, proposed by afloat init: read it, and change what is wrong.
 All that may be written here: afloat init --schema

 cloud: https://afloat.example.com   # status page, dashboard, alerts; then: afloat enroll
 remote: [restart]                   # what may be asked from there; off for none`;

const EXAMPLE = `#  my-backend:
#    command: node server.js
#    cwd: ./backend
#    env: { PORT: "5001" }
#    port: 5001              # it should listen here: open keeps it alive
#    health: /health         # asked every 10 s; until it has answered once, it never restarts anything
`;
