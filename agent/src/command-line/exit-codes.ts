/** What every command ends with: help, man page and docs/command-line.md say it from here. `exec` ends as its command did. */
export const EXIT_CODES: readonly [code: number, meaning: string][] = [
  [0, "all is well"],
  [1, "something asked for or checked is not well"],
  [2, "the command line or the configuration is wrong"],
  [3, "no agent runs"],
];

/** The same in one line. */
export const exitCodesLine = (): string =>
  `Exit codes: ${EXIT_CODES.map(([code, text]) => `${code} ${text}`).join(" · ")}`;
