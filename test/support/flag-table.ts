/** The tables of flags as docs/bench-cli.md has them. */
import { type FlagSpec, type FlagTable, flagName } from '../../src/main/cli/load/flag';

export function flagTables(groups: { readonly [title: string]: FlagTable }): string {
  return Object.entries(groups)
    .map(([title, table]) => `**${title.replace(/:$/, '')}**\n\n${flagTable(table)}`)
    .join('\n');
}

export function flagTable(table: FlagTable): string {
  const rows = Object.entries(table).map(
    ([key, spec]) => `| ${termOf(key, spec)} | ${cell(spec.fallback)} | ${cell(spec.about)} |\n`,
  );
  return `| flag | default | |\n|---|---|---|\n${rows.join('')}`;
}

function termOf(key: string, { short, value, optional }: FlagSpec): string {
  const behind = value === undefined ? '' : optional === undefined ? ` ${value}` : `[=${value}]`;
  return `${short === undefined ? '' : `\`-${short}\`, `}\`${flagName(key)}${behind}\``;
}

function cell(text = ''): string {
  return text.replaceAll('|', '\\|');
}
