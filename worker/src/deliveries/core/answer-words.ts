/** What a channel answered, where its status stands beside it: `answered 503: try later` is `try later`. */
export function withoutStatus(answer: string, status: number | null): string {
  const said = `answered ${status}`;
  return answer.startsWith(said) ? answer.slice(said.length).replace(/^[:,]? /, "") : answer;
}

/** The same in one: the status is named once. */
export function withStatus(answer: string, status: number | null): string {
  return status === null || answer.includes(String(status)) ? answer : `${status} ${answer}`.trim();
}
