/** Completion for zsh. Pure. */
import { type CommandNode, type FlagNode, flatten } from './command-tree';

export function zshCompletion(tree: CommandNode): string {
  return `#compdef ringcast
# Completion of ringcast for zsh. Put it into a folder of $fpath as _ringcast, or:  source <(ringcast completion zsh)
${flatten(tree).map(functionOf).join('\n')}
if [ "$funcstack[1]" = "_ringcast" ]; then _ringcast "$@"; else compdef _ringcast ringcast; fi
`;
}

function functionOf(node: CommandNode): string {
  const name = nameOf(node.path);
  const flags = node.flags.flatMap(specsOf).map((spec) => `    '${spec}' \\`);
  if (node.commands.length === 0) {
    const rest = node.choices.length > 0 ? `(${node.choices.join(' ')})` : '_files';
    return `${name}() {\n  _arguments -s -S \\\n${flags.join('\n')}\n    '*: :${rest}'\n}`;
  }
  const commands = node.commands.map(
    ({ path, summary }) => `      '${quoted(`${escaped(path.at(-1) ?? '')}:${summary}`)}'`,
  );
  const cases = node.commands.map(({ path }) => `      ${path.at(-1)}) ${nameOf(path)} ;;`);
  return `${name}() {
  local context state line
  _arguments -C \\
${flags.join('\n')}
    '1: :->command' '*:: :->rest'
  case $state in
  command)
    local -a commands=(
${commands.join('\n')}
    )
    _describe command commands ;;
  rest)
    case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}`;
}

function specsOf(flag: FlagNode): string[] {
  const { short, long, about, takesValue, optional, valueName, choices, isFile } = flag;
  const text = `[${escaped(about)}]`;
  const action = choices.length > 0 ? `(${choices.join(' ')})` : isFile ? '_files' : ' ';
  const value = takesValue ? `${optional ? '::' : ':'}${escaped(valueName)}:${action}` : '';
  const sign = optional ? '=-' : '=';
  const names = [
    ...(short === undefined ? [] : [`*${short}${takesValue && !optional ? '+' : ''}`]),
    ...(long === undefined ? [] : [`*${long}${takesValue ? sign : ''}`]),
  ];
  return names.map((name) => quoted(`${name}${text}${value}`));
}

function nameOf(path: string[]): string {
  return `_${path.join('_').replaceAll('-', '_')}`;
}

/** Within a spec of `_arguments`. */
function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

/** Within single quotes. */
function quoted(text: string): string {
  return text.replaceAll("'", `'\\''`);
}
