/**
 * Scripts that complete `vigil` in a shell: commands from the table of commands, flags from a command's own help when they are asked
 * for.
 */
import type { CommandEntry } from './commands.ts'

type Commands = Readonly<Record<string, Pick<CommandEntry, 'about'>>>

/** Lines of help that begin with a flag, up to and with the equals sign before its value. */
const FLAGS = String.raw`vigil "$1" --help 2>/dev/null </dev/null | sed -n 's/^  \(--[a-z0-9-]*=\{0,1\}\).*/\1/p'`

/** By the name of the shell. */
export const COMPLETIONS: Readonly<Record<string, (commands: Commands) => string>> = { bash, zsh, fish }

function bash(commands: Commands): string {
  return `# eval "$(vigil completion bash)"
_vigil_flags() { ${FLAGS}; }
_vigil() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    compopt +o nospace 2>/dev/null
    COMPREPLY=($(compgen -W "${Object.keys(commands).join(' ')}" -- "$word"))
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(_vigil_flags "\${COMP_WORDS[1]}")" -- "$word"))
  fi
}
complete -o default -o nospace -F _vigil vigil
`
}

function zsh(commands: Commands): string {
  const named = Object.entries(commands).map(([name, { about }]) => quoted(`${name}:${about}`))
  return `# eval "$(vigil completion zsh)"
_vigil_flags() { ${FLAGS}; }
_vigil() {
  if (( CURRENT == 2 )); then
    local -a commands=(${named.join(' ')})
    _describe command commands
  elif [[ $PREFIX == --*=* ]]; then
    compset -P '*='
    _files
  else
    compadd -S '' -- \${(f)"$(_vigil_flags "\${words[2]}")"}
  fi
}
compdef _vigil vigil
`
}

function fish(commands: Commands): string {
  const lines = Object.entries(commands).map(
    ([name, { about }]) => `complete -c vigil -n '__vigil_is_first' -f -a ${name} -d ${quoted(about)}`,
  )
  return `# vigil completion fish | source
function __vigil_is_first
    test (count (commandline -opc)) -eq 1
end
function __vigil_flags
    set -l words (commandline -opc)
    vigil $words[2] --help 2>/dev/null </dev/null | string match -rg '^  (--[a-z0-9-]+=?)'
end
${lines.join('\n')}
complete -c vigil -n 'not __vigil_is_first' -a '(__vigil_flags)'
`
}

/** In single quotes, as all three shells read them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`
}
