/** The manual page ringcast(1), in the man macros of roff. Pure. */
import { type CommandNode, type FlagNode, flatten } from './command-tree';

/** @param version of the package, for the page's foot */
export function manPage(tree: CommandNode, version: string): string {
  const [program, ...commands] = flatten(tree);
  return `${[
    `.TH RINGCAST 1 "" "ringcast ${escaped(version)}" "User Commands"`,
    '.SH NAME',
    `ringcast \\- ${escaped(program.description)}`,
    '.SH SYNOPSIS',
    '.B ringcast',
    escaped(program.usage),
    '.SH EXAMPLES',
    ...verbatim(program.examples),
    ...flagLines(program.flags),
    '.SH COMMANDS',
    ...commands.filter(({ commands: below }) => below.length === 0).flatMap(commandLines),
    '.SH EXIT STATUS',
    ...verbatim(program.after),
  ].join('\n')}\n`;
}

function commandLines({ path, description, usage, examples, flags }: CommandNode): string[] {
  return [
    `.SS ${escaped(path.join(' '))} ${escaped(usage)}`,
    escaped(description),
    ...(examples === '' ? [] : ['.PP', 'Examples:', ...verbatim(examples)]),
    ...flagLines(flags),
  ];
}

function flagLines(flags: FlagNode[]): string[] {
  const titles = [...new Set(flags.map(({ group }) => group))];
  return titles.flatMap((title) => [
    ...(titles.length > 1 ? ['.PP', `.I ${escaped(title)}`] : []),
    ...flags
      .filter(({ group }) => group === title)
      .flatMap(({ term, about }) => ['.TP', `.B ${escaped(term)}`, escaped(about)]),
  ]);
}

function verbatim(text: string): string[] {
  return ['.PP', '.nf', ...text.split('\n').map(escaped), '.fi'];
}

/** Backslashes and hyphens mean something to roff, and so do points and apostrophes at the start of a line. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}
