/** Completion for fish. Pure. */
import { type CommandNode, type FlagNode, flatten } from './command-tree';

export function fishCompletion(tree: CommandNode): string {
  const lines = flatten(tree).flatMap(linesOf);
  return `# Completion of ringcast for fish. Use it:  ringcast completion fish | source
complete -c ringcast -f
${lines.join('\n')}
`;
}

function linesOf(node: CommandNode): string[] {
  const here = conditionOf(node);
  const commands = node.commands.map(
    ({ path, summary }) => `complete -c ringcast ${here} -a ${path.at(-1)} -d ${quoted(summary)}`,
  );
  if (node.choices.length > 0)
    commands.push(`complete -c ringcast ${here} -a ${quoted(node.choices.join(' '))}`);
  return [...commands, ...node.flags.map((flag) => `complete -c ringcast ${here} ${flagWords(flag)}`)];
}

/** The words so far lead to this command, and not to one below it. */
function conditionOf({ path, commands }: CommandNode): string {
  const seen = path.slice(1).map((name) => `__fish_seen_subcommand_from ${name}`);
  const below = commands.map((child) => child.path.at(-1)).join(' ');
  const tests = [...seen, ...(below === '' ? [] : [`not __fish_seen_subcommand_from ${below}`])];
  return tests.length === 0 ? '' : `-n ${quoted(tests.join('; and '))}`;
}

function flagWords({ short, long, about, takesValue, optional, choices, isFile }: FlagNode): string {
  const words = [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(long === undefined ? [] : [`-l ${long.slice(2)}`]),
  ];
  if (takesValue && !optional) words.push(isFile ? '-rF' : '-x');
  if (choices.length > 0) words.push(`-a ${quoted(choices.join(' '))}`);
  return [...words, '-d', quoted(about)].join(' ');
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
