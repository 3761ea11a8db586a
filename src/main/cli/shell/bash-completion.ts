/** Completion for bash. Pure. */
import { type CommandNode, type FlagNode, flatten } from './command-tree';

export function bashCompletion(tree: CommandNode): string {
  const nodes = flatten(tree);
  return `# Completion of ringcast for bash. Use it:  source <(ringcast completion bash)
_ringcast() {
  local current=\${COMP_WORDS[COMP_CWORD]} before='' path=ringcast at
  (( COMP_CWORD > 0 )) && before=\${COMP_WORDS[COMP_CWORD-1]}
  # Bash breaks words at "=": --mode=ec is three of them.
  if [[ $current == '=' ]]; then current=''
  elif [[ $before == '=' ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for (( at = 1; at < COMP_CWORD; at++ )); do
    case "$path \${COMP_WORDS[at]}" in
${nodes
  .slice(1)
  .map(({ path }) => `      '${path.join(' ')}') path='${path.join(' ')}' ;;`)
  .join('\n')}
    esac
  done
  case "$path $before" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${nodes.map(wordCase).join('\n')}
  esac
}
complete -o default -F _ringcast ringcast
`;
}

function valueCases({ path, flags }: CommandNode): string[] {
  return flags.flatMap((flag) => {
    if (!flag.takesValue) return [];
    const names = [flag.short, flag.long].filter(Boolean).map((name) => `'${path.join(' ')} ${name}'`);
    return [`    ${names.join('|')}) ${answerFor(flag)} return ;;`];
  });
}

/** Files are bash's own default, where nothing is answered. */
function answerFor({ choices, isFile }: FlagNode): string {
  if (choices.length > 0) return `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$current"));`;
  return isFile ? 'COMPREPLY=();' : `COMPREPLY=(); compopt +o default;`;
}

function wordCase({ path, flags, choices, commands }: CommandNode): string {
  const words = [
    ...choices,
    ...commands.map((command) => command.path.at(-1)),
    ...flags.flatMap(({ short, long }) => [long ?? short]),
  ];
  return `    '${path.join(' ')}') COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$current")) ;;`;
}
