import { type CommandWords, kindOf, type OptionWords } from "./command-words.ts";
import { SHELLS } from "./shells.ts";

/**
 * Completion for bash. Commands and options stand in the script, so that nothing is started for them; for the names of services
 * `afloat` itself is asked, in the folder and with the --config and --state that are on the line.
 */
export function bashScript(program: CommandWords): string {
  const names = program.commands.map(({ name }) => name).join(" ");
  return `# bash completion for afloat; made by: afloat completion bash
_afloat() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" command="" words="" asks="" i
  local -a place=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      --config | --state) place+=("\${COMP_WORDS[i]}" "\${COMP_WORDS[i + 1]}"); ((i++)) ;;
      --)
        compopt -o default
        [[ $prev == -- ]] && COMPREPLY=($(compgen -c -- "$cur"))
        return ;;
      -*) ;;
      *) [[ -z $command ]] && command="\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command $prev" in
${valueCases(program)}
  esac
  case "$command" in
    "") words="${names}"; [[ $cur == -* ]] && words="${optionsOf(program)}" ;;
${program.commands.map(commandCase).join("\n")}
  esac
  [[ -n $asks && $cur != -* ]] && words+=" $("\${COMP_WORDS[0]}" "\${place[@]}" complete "$asks" 2>/dev/null)"
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _afloat afloat
`;

  function commandCase({ name, takes, options }: CommandWords): string {
    const kind = kindOf(takes[0]);
    const asks = kind === "services" || kind === "topics" ? kind : "";
    const words = kind === "shells" ? SHELLS.join(" ") : kind === "commands" ? names : "";
    return `    ${name}) words="${words}" asks=${asks}; [[ $cur == -* ]] && words="${longs([...options, ...program.options])}" ;;`;
  }
}

const optionsOf = ({ options }: CommandWords) => longs(options);

const longs = (options: readonly OptionWords[]) => [...new Set(options.flatMap(({ long }) => long ?? []))].join(" ");

/** Options that take a value: files and folders are found by bash, choices stand here, and for others nothing is offered. */
function valueCases(program: CommandWords): string {
  const cases = [{ name: "*", options: program.options }, ...program.commands].flatMap(({ name, options }) =>
    options.flatMap((option) => {
      if (option.value === null) return [];
      const patterns = [option.short, option.long].flatMap((each) => (each === null ? [] : [`"${name} ${each}"`]));
      const pattern = patterns.join(" | ").replaceAll('"* ', '*" ');
      return [`    ${pattern}) ${actionOf(option)}; return ;;`];
    }),
  );
  return cases.join("\n");
}

function actionOf({ value, choices }: OptionWords): string {
  if (choices.length > 0) return `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$cur"))`;
  if (value === "file") return `compopt -o default`;
  return value === "dir" ? `COMPREPLY=($(compgen -d -- "$cur"))` : ":";
}
