/** The shells that have a script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

// What is typed goes over standard input: a command line may be seen by everybody on the machine.

const bash = `# jackfield's completion for bash. Load it: source <(jackfield completion bash)
_jackfield() {
  local kind='' line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <(printf '%s\\0%s' "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" | command jackfield __complete bash 2>/dev/null)
  case $kind in
    files) compopt -o default 2>/dev/null ;;
    directories) compopt -o dirnames 2>/dev/null ;;
    words) [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *. ]] && compopt -o nospace 2>/dev/null ;;
  esac
  return 0
}
complete -F _jackfield jackfield
`;

const zsh = `#compdef jackfield
# jackfield's completion for zsh. Load it: source <(jackfield completion zsh), after compinit; or write it
# to a file _jackfield in a directory of $fpath.
_jackfield() {
  local kind='' line word
  local -a found
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=$line
    else
      word=\${line%%$'\\t'*}
      word=\${word//\\\\/\\\\\\\\}
      word=\${word//:/\\\\:}
      if [[ $line == *$'\\t'* ]]; then found+=("$word:\${line#*$'\\t'}"); else found+=("$word"); fi
    fi
  done < <(printf '%s\\0' "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" | command jackfield __complete zsh 2>/dev/null)
  [[ $PREFIX == --*=* ]] && compset -P 1 '*='
  case $kind in
    files) _files ;;
    directories) _files -/ ;;
    words) (( $#found )) && _describe -t jackfield jackfield found ;;
  esac
}
if [[ $funcstack[1] == _jackfield ]]; then _jackfield "$@"; else compdef _jackfield jackfield; fi
`;

const fish = `# jackfield's completion for fish. Load it: jackfield completion fish | source
function __jackfield_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l plain (string unescape -- $current 2>/dev/null)
    test -n "$plain"; or set plain (string trim --left --chars '"\\'' -- $current)
    set -l found (printf '%s\\0' $before "$plain" | command jackfield __complete fish 2>/dev/null)
    switch "$found[1]"
        case files
            __fish_complete_path "$current"
        case directories
            __fish_complete_directories "$current"
        case words
            printf '%s\\n' $found[2..-1]
    end
end
complete -c jackfield -f -a '(__jackfield_complete)'
`;

export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
