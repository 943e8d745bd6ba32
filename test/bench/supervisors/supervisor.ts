/** A process supervisor in the bench: each gets the same shell lines, in a folder of its own that goes with it. */
export interface Supervisor {
  readonly title: string;
  /** Gets it, where it is not part of the project. Throws where it cannot be had. */
  install: () => void;
  /** Begins to supervise these lines; they need not run yet when it returns. */
  start: (lines: readonly string[]) => void;
  /** The process that a crash of the supervisor would end. */
  daemonPid: () => number;
  /** After it was killed: what its documentation says. */
  startAgain: () => void;
  end: () => Promise<void>;
}

/** A whole command: what a person types. */
export interface Command {
  program: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}
