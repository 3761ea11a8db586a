/** The program's commands and flags as plain data, out of commander's definitions: for completion and the manual. Pure. */
import type { EventEmitter } from 'node:events';
import type { Command, Option } from 'commander';
import { choicesOf } from '../load/load-command';

export interface CommandNode {
  /** From the program on: `ringcast config print`. */
  path: string[];
  summary: string;
  description: string;
  usage: string;
  examples: string;
  /** What the help says at its end. */
  after: string;
  flags: FlagNode[];
  /** What its arguments may be, if they are one of a few. */
  choices: string[];
  commands: CommandNode[];
}

export interface FlagNode {
  short: string | undefined;
  long: string | undefined;
  /** As the help shows it: `-c, --clients <N>`. */
  term: string;
  about: string;
  group: string;
  takesValue: boolean;
  /** The value may be left out, or stands behind `=`. */
  optional: boolean;
  valueName: string;
  choices: readonly string[];
  isFile: boolean;
}

export function treeOf(command: Command, above: string[] = []): CommandNode {
  const path = [...above, command.name()];
  const help = command.createHelp();
  return {
    path,
    summary: command.summary() || command.description(),
    description: command.description(),
    usage: command.usage(),
    ...textsAround(command),
    flags: help.visibleOptions(command).map((option) => flagOf(option, help.optionTerm(option))),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    commands: command.commands.map((child) => treeOf(child, path)),
  };
}

/** The command itself, and all below it. */
export function flatten(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}

function flagOf(option: Option, term: string): FlagNode {
  const valueName = /[<[]=?([^>\]]+)[>\]]$/.exec(option.flags)?.[1] ?? '';
  return {
    short: option.short,
    long: option.long,
    term,
    about: option.description + (option.envVar === undefined ? '' : ` (env: ${option.envVar})`),
    group: option.helpGroupHeading ?? 'Options:',
    takesValue: option.required || option.optional,
    optional: option.optional,
    valueName,
    choices: choicesOf(option),
    isFile: ['FILE', 'PATH'].includes(valueName),
  };
}

/** What `addHelpText` was given: commander prints it only, so it is heard here as it is printed. */
function textsAround(command: Command): { examples: string; after: string } {
  const heard = (event: string) => {
    const texts: string[] = [];
    (command as unknown as EventEmitter).emit(event, {
      error: false,
      command,
      write: (text: string) => texts.push(text),
    });
    return texts.join('').trim();
  };
  return { examples: heard('beforeHelp').replace(/^Examples:\n/, ''), after: heard('afterHelp') };
}
