import { type CommandWords, kindOf, type OptionWords } from "./command-words.ts";
import { SHELLS } from "./shells.ts";

/** Completion for fish, with what each command and option does. Names of services are asked of `afloat` itself. */
export function fishScript(program: CommandWords): string {
  const names = program.commands.map(({ name }) => name).join(" ");
  const lines = program.commands.flatMap(({ name, description, takes, options }) => {
    const after = `-n '__fish_seen_subcommand_from ${name}'`;
    const kind = kindOf(takes[0]);
    const asked = kind === "services" || kind === "topics" ? `(__afloat_ask ${kind})` : null;
    const words = kind === "shells" ? SHELLS.join(" ") : kind === "commands" ? names : asked;
    return [
      `complete -c afloat -n 'not __fish_seen_subcommand_from ${names}' -a ${name} -d ${quoted(description)}`,
      ...options.map((option) => `complete -c afloat ${after} ${optionOf(option)}`),
      ...(words === null ? [] : [`complete -c afloat ${after} -a ${quoted(words)}`]),
    ];
  });
  return `# fish completion for afloat; made by: afloat completion fish
function __afloat_ask
    set -l words (commandline -opc)
    set -l place
    for i in (seq (count $words))
        if contains -- $words[$i] --config --state
            set place $place $words[$i] $words[(math $i + 1)]
        end
    end
    $words[1] $place complete $argv[1] 2>/dev/null
end
complete -c afloat -f
${program.options.map((option) => `complete -c afloat ${optionOf(option)}`).join("\n")}
${lines.join("\n")}
`;
}

function optionOf({ short, long, description, value, choices }: OptionWords): string {
  const names = [
    short === null ? "" : `-s ${short.replace(/^-/, "")}`,
    long === null ? "" : `-l ${long.replace(/^--/, "")}`,
  ];
  const takes =
    choices.length > 0 ? `-x -a ${quoted(choices.join(" "))}` : value === "file" || value === "dir" ? "-r -F" : "-x";
  return [...names, value === null ? "" : takes, `-d ${quoted(description)}`].filter((part) => part !== "").join(" ");
}

const quoted = (text: string) => `'${text.replaceAll("\\", String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
