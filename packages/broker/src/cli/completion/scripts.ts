import type { CompletionRow, OptionValues } from './completion-table.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** Stands for the names of files where values are listed. */
const FILES = '@files'
/** Stands for a value that nobody can guess. */
const ANYTHING = '@anything'

/** A script that a shell sources; afterwards it completes `quorate` and `activemq`. */
export function completionScript(shell: Shell, table: readonly CompletionRow[]): string {
  return scripts[shell](table)
}

/** `path` or `path option`, and what can follow it, as one text. */
type Line = readonly [key: string, words: string]

function wordLines(table: readonly CompletionRow[]): Line[] {
  return table.map(({ path, words }): Line => [path, words.join(' ')])
}

function valueLines(table: readonly CompletionRow[]): Line[] {
  return table.flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.names.map((name): Line => [`${path} ${name}`, valueText(option)]),
    ),
  )
}

function valueText({ values }: OptionValues): string {
  if (values === 'files') return FILES
  return values === 'anything' ? ANYTHING : values.join(' ')
}

/** Cases of bash and zsh; no word of ours has a quote. */
function cases(lines: readonly Line[]): string {
  return lines.map(([key, words]) => `    '${key}') echo '${words}' ;;`).join('\n')
}

function posixTables(table: readonly CompletionRow[]): string {
  return `_quorate_words() {
  case "$1" in
${cases(wordLines(table))}
  esac
}

_quorate_values() {
  case "$1" in
${cases(valueLines(table))}
  esac
}

# The commands of activemq are those of quorate, and console is a start.
_quorate_path() {
  case "$1" in
    'activemq') echo "$1" ;;
    'activemq console'*) echo 'quorate start' ;;
    'activemq '*) echo "quorate \${1#activemq }" ;;
    *) echo "$1" ;;
  esac
}`
}

function bashScript(table: readonly CompletionRow[]): string {
  return `# Completes quorate and activemq in bash:  source <(quorate completion bash)
${posixTables(table)}

_quorate() {
  local current="\${COMP_WORDS[COMP_CWORD]}" option="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="\${COMP_WORDS[0]##*/}" next word at values
  # bash takes --sort=name for three words.
  if [[ "$current" == '=' ]]; then current=''
  elif [[ "$option" == '=' ]]; then option="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    next="$(_quorate_path "$path $word")"
    if [[ "$word" != -* && -n "$(_quorate_words "$next")" ]]; then path="$next"; fi
  done
  values="$(_quorate_values "$path $option")"
  case "$values" in
    '${FILES}')
      compopt -o filenames 2>/dev/null
      # Names of files may have blanks.
      local IFS=$'\\n'
      COMPREPLY=($(compgen -f -- "$current")) ;;
    '${ANYTHING}') COMPREPLY=() ;;
    '') COMPREPLY=($(compgen -W "$(_quorate_words "$path")" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$values" -- "$current")) ;;
  esac
}

complete -o bashdefault -F _quorate quorate activemq
`
}

function zshScript(table: readonly CompletionRow[]): string {
  return `#compdef quorate activemq
# Completes quorate and activemq in zsh:  source <(quorate completion zsh)
${posixTables(table)}

_quorate() {
  local option="\${words[CURRENT-1]}" path_of="\${words[1]:t}" next word at values
  for ((at = 2; at < CURRENT; at++)); do
    word="\${words[at]}"
    next="$(_quorate_path "$path_of $word")"
    if [[ "$word" != -* && -n "$(_quorate_words "$next")" ]]; then path_of="$next"; fi
  done
  values="$(_quorate_values "$path_of $option")"
  case "$values" in
    '${FILES}') _files ;;
    '${ANYTHING}') ;;
    '') compadd -- \${=$(_quorate_words "$path_of")} ;;
    *) compadd -- \${=values} ;;
  esac
}

compdef _quorate quorate activemq
`
}

function fishCases(lines: readonly Line[]): string {
  return lines.map(([key, words]) => `    case '${key}'\n      echo '${words}'`).join('\n')
}

function fishScript(table: readonly CompletionRow[]): string {
  return `# Completes quorate and activemq in fish:  quorate completion fish | source
function _quorate_words
  switch "$argv[1]"
${fishCases(wordLines(table))}
  end
end

function _quorate_values
  switch "$argv[1]"
${fishCases(valueLines(table))}
  end
end

function _quorate_path
  switch "$argv[1]"
    case 'activemq console*'
      echo 'quorate start'
    case 'activemq *'
      string replace 'activemq ' 'quorate ' -- "$argv[1]"
    case '*'
      echo "$argv[1]"
  end
end

function _quorate_complete
  set -l given (commandline -opc)
  set -l option $given[-1]
  set -l path (basename $given[1])
  for word in $given[2..-1]
    set -l next (_quorate_path "$path $word")
    if not string match -q -- '-*' "$word"; and test -n "$(_quorate_words $next)"
      set path $next
    end
  end
  set -l values (_quorate_values "$path $option")
  switch "$values"
    case '${FILES}'
      __fish_complete_path (commandline -ct)
    case '${ANYTHING}'
    case ''
      string split ' ' -- (_quorate_words "$path")
    case '*'
      string split ' ' -- "$values"
  end
end

complete -c quorate -f -a '(_quorate_complete)'
complete -c activemq -f -a '(_quorate_complete)'
`
}

const scripts: Readonly<Record<Shell, (table: readonly CompletionRow[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}
