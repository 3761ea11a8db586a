/** A command whose flags come out of a table. Their values stay texts here: `sources.ts` reads them with all the others. */
import { Command, Option } from 'commander';
import { usageError } from '../failure';
import { type FlagSpec, type FlagTable, flagName } from './flag';
import type { Given } from './request';
import type { Source } from './sources';

/** Flags of wrk, k6, autocannon and tcpkali that hands know: no spelling is near enough to guess ours from. */
const OF_OTHER_TOOLS: { [flag: string]: string } = {
  '--connections': '--clients',
  '--vus': '--clients',
  '-u': '--clients',
  '--threads': '--workers',
  '-t': '--workers',
  '--overallRate': '--rate',
  '-R': '--rate',
  '--message-rate': '--rate',
  '--output-file': '--output',
  '--protocol': '--subprotocol',
  '--timeout': '--connect-timeout',
};

export type FlagGroups = { readonly [title: string]: FlagTable };

export class LoadCommand extends Command {
  #groups: FlagGroups = {};

  constructor(name: string) {
    super(name);
    // `--ui[=PORT]`: what may be left out is not to be taken for an argument.
    this.configureHelp({ optionTerm: (option) => option.flags.replace(/ \[(\w+)\]$/, '[=$1]') });
  }

  addGroups(groups: FlagGroups): this {
    this.#groups = { ...this.#groups, ...groups };
    for (const [title, table] of Object.entries(groups)) {
      for (const [key, spec] of Object.entries(table)) this.addOption(optionOf(key, spec).helpGroup(title));
    }
    return this;
  }

  get #table(): FlagTable {
    return Object.assign({}, ...Object.values(this.#groups));
  }

  /** A value that may be left out stands behind `=` only: what follows the flag may be the URL. */
  override parseOptions(args: string[]): ReturnType<Command['parseOptions']> {
    const implied = new Map(
      Object.entries(this.#table).flatMap(([key, { optional }]) =>
        optional === undefined ? [] : [[flagName(key), `${flagName(key)}=${optional}`] as const],
      ),
    );
    const end = args.indexOf('--');
    const own = end < 0 ? args : args.slice(0, end);
    for (const arg of own) this.#refuseForeign(arg.split('=', 1)[0]!);
    return super.parseOptions([
      ...own.map((arg) => implied.get(arg) ?? arg),
      ...(end < 0 ? [] : args.slice(end)),
    ]);
  }

  #refuseForeign(flag: string): void {
    const ours = Object.hasOwn(OF_OTHER_TOOLS, flag) ? OF_OTHER_TOOLS[flag] : undefined;
    if (ours === undefined) return;
    this.error(`error: unknown option '${flag}'\n(Did you mean ${ours}?)`, {
      code: 'commander.unknownOption',
    });
  }

  /** What the user said: `[URL] [-- COMMAND…]`, and flags. */
  given(argv: readonly string[] = process.argv): Given {
    const end = argv.indexOf('--');
    const command = end < 0 ? [] : argv.slice(end + 1);
    const [url, ...more] = command.length === 0 ? this.args : this.args.slice(0, -command.length);
    if (more.length > 0) {
      throw usageError(
        `There is one URL at the most, and ${JSON.stringify(more[0])} is another argument.`,
        'A command to start stands behind --.',
      );
    }
    return {
      url,
      command: command.length === 0 ? undefined : command,
      flags: this.#source(),
      config: this.#lastText('config'),
      envFile: this.#lastText('envFile'),
      environment: process.env,
    };
  }

  #source(): Source {
    const texts: { [key: string]: string[] } = {};
    for (const [key, spec] of Object.entries(this.#table)) {
      const value = this.getOptionValue(optionOf(key, spec).attributeName()) as unknown;
      if (Array.isArray(value)) texts[key] = value;
      else if (value === true && !key.startsWith('no')) texts[key] = ['true'];
      else if (value === false) texts[key] = ['true'];
    }
    return { texts, nameOf: flagName, folder: process.cwd() };
  }

  #lastText(name: string): string | undefined {
    return (this.getOptionValue(name) as string[] | undefined)?.at(-1);
  }
}

/** Not commander's own choices: those would be checked before all other faults are known. */
const choices = new WeakMap<Option, readonly string[]>();

/** What an option's value may be, if it is one of a few. */
export function choicesOf(option: Option): readonly string[] {
  return choices.get(option) ?? option.argChoices ?? [];
}

export function optionOf(key: string, spec: FlagSpec): Option {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const value =
    spec.value === undefined ? '' : spec.optional === undefined ? ` <${spec.value}>` : ` [${spec.value}]`;
  const fallback = spec.fallback === undefined ? '' : ` (default: ${spec.fallback})`;
  const option = new Option(`${short}${flagName(key)}${value}`, spec.about + fallback);
  if ('enum' in spec.reader.schema) choices.set(option, spec.reader.schema.enum as string[]);
  if (spec.value !== undefined) option.argParser(gather);
  return option;
}

/** Each time that a flag is given, in their order. */
export function gather(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}
