import { type CommandWords, kindOf, type OptionWords } from "./command-words.ts";
import { SHELLS } from "./shells.ts";

/** Completion for zsh, with what each command and option does. Names of services are asked of `afloat` itself. */
export function zshScript(program: CommandWords): string {
  const described = program.commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  return `#compdef afloat
# zsh completion for afloat; made by: afloat completion zsh
_afloat_ask() {
  local -a found place
  local i
  for ((i = 1; i < \${#afloat_line}; i++)); do
    [[ \${afloat_line[i]} == (--config|--state) ]] && place+=("\${afloat_line[i]}" "\${afloat_line[i + 1]}")
  done
  found=(\${(f)"$("\${afloat_line[1]}" "\${place[@]}" complete "$1" 2>/dev/null)"})
  compadd -a found
}
_afloat() {
  local -a afloat_line=("\${words[@]}") commands
  local context state state_descr line
  typeset -A opt_args
  commands=(
${described.join("\n")}
  )
  _arguments -C \\
${program.options.map((option) => `    ${argumentOf(option)} \\`).join("\n")}
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      case $line[1] in
${program.commands.map(commandCase).join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] == _afloat ]]; then _afloat "$@"; else compdef _afloat afloat; fi
`;

  function commandCase({ name, takes, options }: CommandWords): string {
    const lines = [...options.map(argumentOf), ...argumentsOf(takes[0], takes[1])].map((each) => `          ${each}`);
    return `        ${name}) _arguments \\\n${lines.join(" \\\n")} ;;`;
  }

  function argumentsOf(first: string | undefined, second: string | undefined): string[] {
    const kind = kindOf(first);
    if (kind === null) return [];
    const words =
      kind === "shells" ? `(${SHELLS.join(" ")})` : `(${program.commands.map(({ name }) => name).join(" ")})`;
    const action = kind === "services" || kind === "topics" ? `{_afloat_ask ${kind}}` : words;
    const place = first === "services" ? "*" : "1";
    return [
      quoted(`${place}:${first ?? ""}:${action}`),
      ...(second === "command" ? ["'*:command:_command_names -e'"] : []),
    ];
  }
}

function argumentOf({ short, long, description, value, choices }: OptionWords): string {
  const action =
    choices.length > 0 ? `(${choices.join(" ")})` : value === "file" ? "_files" : value === "dir" ? "_files -/" : " ";
  const tail = `[${description.replaceAll(/[[\]:\\]/g, String.raw`\$&`)}]${value === null ? "" : `:${value}:${action}`}`;
  const names = [short, long].flatMap((name) => name ?? []);
  return names.length === 1
    ? quoted(`${names[0] ?? ""}${tail}`)
    : `${quoted(`(${names.join(" ")})`)}{${names.join(",")}}${quoted(tail)}`;
}

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
