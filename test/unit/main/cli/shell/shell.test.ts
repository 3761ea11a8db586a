/** What is made for shells and for `man`. */
import { spawnSync } from 'node:child_process';
import { Command, Option } from 'commander';
import { benchCommand } from '../../../../../src/main/cli/load/define-bench';
import { bashCompletion } from '../../../../../src/main/cli/shell/bash-completion';
import { type CommandNode, flatten, treeOf } from '../../../../../src/main/cli/shell/command-tree';
import { defineShellCommands } from '../../../../../src/main/cli/shell/define-shell';
import { fishCompletion } from '../../../../../src/main/cli/shell/fish-completion';
import { manPage } from '../../../../../src/main/cli/shell/man-page';
import { zshCompletion } from '../../../../../src/main/cli/shell/zsh-completion';

function tree(): CommandNode {
  const program = new Command('ringcast')
    .description('Messages.')
    .addHelpText('before', 'Examples:\n  .first -x\n');
  program.addCommand(benchCommand());
  const config = program.command('config').summary('settings');
  config
    .command('print')
    .summary("what's set: [all]")
    .addOption(
      new Option('--slow <POLICY>', "it's \\ cut, or [waited] for: so").choices(['disconnect', 'wait']),
    );
  defineShellCommands(program);
  return treeOf(program);
}

/** What bash would offer for the last word. */
function offered(...words: string[]): string[] {
  const script = `${bashCompletion(tree())}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; COMPREPLY=()
compopt() { :; }
_ringcast; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('completion in a real bash', () => {
  test.each([
    [['ringcast', 'b'], ['bench']],
    [['ringcast', 'config', 'p'], ['print']],
    [['ringcast', 'bench', '--connect-r'], ['--connect-rate']],
    [['ringcast', 'bench', 'ws://x/', '--mode', 'e'], ['echo']],
    [['ringcast', 'bench', '--mode', '=', 'fan'], ['fan-in']],
    [
      ['ringcast', 'bench', '--target', ''],
      ['ringcast', 'ws-loop', 'ws-broadcastchannel', 'socket.io', 'sink', 'echo'],
    ],
    [
      ['ringcast', 'config', 'print', '--slow', ''],
      ['disconnect', 'wait'],
    ],
    [['ringcast', 'completion', 'z'], ['zsh']],
    [['ringcast', 'bench', '--output', 'x'], []],
    [['ringcast', 'bench', '--clients', ''], []],
  ])('%j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });

  test('every command is offered', () => {
    expect(offered('ringcast', '')).toEqual(expect.arrayContaining(['bench', 'config', 'completion', 'man']));
  });
});

test.each([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
])('each flag of each command is in the script of %s', (_, make) => {
  const script = make(tree());
  for (const { flags } of flatten(tree())) {
    for (const { long } of flags) expect(script).toContain(long!.slice(2));
  }
});

test('quotes and brackets of descriptions do not end the words of zsh and fish', () => {
  expect(zshCompletion(tree())).toContain(`[it'\\''s \\\\ cut, or \\[waited\\] for\\: so]`);
  expect(fishCompletion(tree())).toContain(`-d 'it\\'s \\\\ cut, or [waited] for: so'`);
});

describe('the manual page', () => {
  const page = manPage(tree(), '1.2.3');

  test('has each command that does something, with its flags', () => {
    expect(page).toMatch(/^\.TH RINGCAST 1 "" "ringcast 1\.2\.3"/);
    expect(page).toContain('.SS ringcast config print');
    expect(page).not.toContain('.SS ringcast config \n');
    expect(page).toContain('.B \\-c, \\-\\-clients <N>\n');
  });

  test('no text is taken for a macro', () => {
    const macros = new Set(page.split('\n').flatMap((line) => /^[.'](\w*)/.exec(line)?.[1] ?? []));
    expect([...macros].sort()).toEqual(['B', 'I', 'PP', 'SH', 'SS', 'TH', 'TP', 'fi', 'nf']);
    expect(page).toContain('  .first \\-x');
  });
});
