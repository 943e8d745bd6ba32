import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { Sentence } from "@afloat/shared/core/explanation/sentence";
import { request } from "../control/client.ts";
import type { Explained } from "../control/protocol.ts";
import { socketPathOf } from "../state/paths.ts";
import { marked } from "./marks.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";
import { runbookCommand, runbookTopicOf } from "./runbook-hint.ts";
import { fetchStatus } from "./fetch-status.ts";
import { wrapped } from "./wrapped.ts";

/** How wide the names of the parts are, columns. */
const LABEL_COLUMNS = 16;

/** `afloat explain web`, or of all that are not well: the verdict, the evidence, the record, what would restart it, what happens next. Throws NotRunning. */
export async function explain(place: Place, asked: string[], options: { json?: boolean }): Promise<number> {
  const { services, groups } = await fetchStatus(place.stateDir);
  const known = services.map(({ name }) => name);
  const isTrouble = (each: ServiceSnapshot) => each.verdict !== "completed" && runbookTopicOf(each) !== null;
  const inTrouble = services.filter(isTrouble).map(({ name }) => name);
  const named = asked.length === 0 ? { names: inTrouble } : namedServices(asked, known, groups);
  if ("fault" in named) {
    console.error(named.fault);
    return 2;
  }
  if (named.names.length === 0 && options.json !== true) {
    console.log(`nothing to explain: all is well; name one to know more: ${known.join(", ") || "none is configured"}`);
    return 0;
  }
  const explained = named.names.length === 0 ? [] : await fetchExplained(place.stateDir, named.names);
  if (options.json === true) {
    const told = explained.map((each) => ({ ...each, runbook: runbookTopicOf(each.snapshot) }));
    console.log(JSON.stringify({ services: told }));
  } else console.log(explained.map((each) => explanationLines(each).join("\n")).join("\n\n"));
  return 0;
}

/** What the agent says of why they are judged so. Throws NotRunning. */
export async function fetchExplained(stateDir: string, services: string[]): Promise<Explained[]> {
  let found: Explained[] | null = null;
  let fault = "the agent answered without an explanation";
  await request(socketPathOf(stateDir), { call: "explain", services }, (answer) => {
    if (answer.kind === "explained") found = answer.services;
    // An agent of an older version, which does not know the question.
    if (answer.kind === "error") fault = `the running agent does not explain (${answer.message}); start it anew`;
    return "last";
  });
  if (found === null) throw new Error(fault);
  return found;
}

/** One service, 80 columns wide at most. */
export function explanationLines({ snapshot, explanation }: Explained): string[] {
  const { service, headline, seen, record, restarts, conditions, next } = explanation;
  const [first = "", ...rest] = wrapped(`${service}: ${headline}`, 2);
  const topic = runbookTopicOf(snapshot);
  return [
    marked(snapshot, first),
    ...rest.map((line) => `  ${line}`),
    ...diagnosisLines(snapshot.diagnosis),
    "",
    ...part("Seen", seen),
    ...part("Record", record),
    ...part("Restarts", restarts),
    ...part("Restarted if", conditions),
    ...part("Next", next),
    ...(topic === null ? [] : part("Runbook", [{ code: topic, text: runbookCommand(topic) }])),
  ];
}

function diagnosisLines(diagnosis: Explained["snapshot"]["diagnosis"]): string[] {
  if (diagnosis === null) return [];
  const { what, proof, write, where } = diagnosis;
  const lines = [`${what} ${proof}`, ...(write === null ? [] : [`Write \`${write}\` in ${where ?? "afloat.yaml"}.`])];
  return lines.flatMap((line) => wrapped(line, 2)).map((line) => `  ${line}`);
}

/** One part: its name before the first line, every sentence on a line of its own. */
const part = (label: string, sentences: Sentence[]) =>
  labelled(
    label,
    sentences.map(({ text }) => text),
  );

/** Texts on lines of their own, their name before the first. */
export function labelled(label: string, texts: readonly string[]): string[] {
  const lines = texts.flatMap((text) => wrapped(text, LABEL_COLUMNS));
  return lines.map((line, i) => `  ${(i === 0 ? label : "").padEnd(LABEL_COLUMNS - 2)}${line}`);
}
