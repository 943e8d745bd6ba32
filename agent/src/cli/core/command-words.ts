/** A command as it is described, in plain words. */
export interface CommandWords {
  name: string;
  /** `afloat status [options] [services...]`. */
  usage: string;
  description: string;
  /** What its help says behind the list of options: notes and examples. */
  after: string;
  /** The names of its arguments, like `services`. */
  takes: string[];
  options: OptionWords[];
  commands: CommandWords[];
}

export interface OptionWords {
  /** `-w`, or null. */
  short: string | null;
  /** `--watch`, or null. */
  long: string | null;
  description: string;
  /** What its value is called, like `file`; null where it has none. */
  value: string | null;
  choices: readonly string[];
}

/** What can stand where an argument of this name is wanted. */
export function kindOf(argument: string | undefined): "services" | "topics" | "shells" | "commands" | null {
  if (argument === undefined) return null;
  if (argument === "service" || argument === "services") return "services";
  if (argument === "topic") return "topics";
  if (argument === "shell") return "shells";
  return argument === "subcommand" ? "commands" : null;
}
