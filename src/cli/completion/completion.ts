import { LodgeError } from "#contract/errors";
import { command } from "../command.ts";
import type { CommandTable } from "../entry.ts";
import { suggestions } from "./suggestions.ts";

/** The command, which suggests of the commands in this table. */
export const completionOf = (commands: CommandTable) =>
  command({
    operands: [{ name: "SHELL", complete: ["bash", "zsh"] }],
    // Only the scripts below use what follows: the words typed so far.
    trailing: "WORD",
    options: {},
    about: `Put into ~/.bashrc: source <(lodge completion bash)

    Put into ~/.zshrc, after compinit: source <(lodge completion zsh)

    Names of guests and images come from the daemon as you type.`,
    examples: [
      ["source <(lodge completion bash)", "for this bash"],
      ["lodge completion zsh > ~/.zfunc/_lodge", "for zsh, in a folder of fpath"],
    ],
    async run({ operands, trailing }, context) {
      const [shell = ""] = operands;
      const { terminal, name } = context;
      if (shell === "words") {
        for (const { word, about } of await suggestions(trailing, commands, context))
          terminal.print(`${word}\t${about}`);
        return;
      }
      const script = scripts[shell];
      if (script === undefined) {
        throw new LodgeError("api.usage", { reason: `'${shell}' is none of bash, zsh`, command: name });
      }
      terminal.print(script);
    },
  });

const scripts: Readonly<Record<string, string>> = {
  bash: String.raw`_lodge() {
  local line cur="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  # Bash cuts words at colons and equals signs too; what it shows is the part after the cut.
  local words=() word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do words+=("$word"); done
  while IFS=$'\t' read -r line _; do
    case $line in
      :files) compopt -o filenames 2>/dev/null; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
      *=|*:) compopt -o nospace 2>/dev/null; COMPREPLY+=("$line") ;;
      ?*) COMPREPLY+=("$line") ;;
    esac
  done < <(lodge completion words -- "\${words[@]}" 2>/dev/null)
}
complete -F _lodge lodge`.replaceAll("\\$", "$"),
  zsh: String.raw`#compdef lodge
_lodge() {
  local line files=0
  local -a found
  for line in "\${(@f)$(lodge completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :files*) files=1 ;;
      ?*) found+=("\${\${line%%$'\t'*}//:/\\:}:\${line#*$'\t'}") ;;
    esac
  done
  (( \${#found} )) && _describe lodge found
  (( files )) && _files
  return 0
}
if [ "$funcstack[1]" = _lodge ]; then _lodge "$@"; else compdef _lodge lodge; fi`.replaceAll("\\$", "$"),
};
