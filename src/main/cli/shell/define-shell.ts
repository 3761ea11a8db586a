/** `ringcast completion` and `ringcast man`: what shells and `man` want to know of all commands. */
import { Argument, type Command } from 'commander';

const EXAMPLES = `Examples:
  source <(ringcast completion bash)            # in ~/.bashrc
  source <(ringcast completion zsh)             # in ~/.zshrc, after compinit
  ringcast completion fish > ~/.config/fish/completions/ringcast.fish
`;
const MAN_EXAMPLES = `Examples:
  ringcast man | man -l -
  ringcast man > /usr/local/share/man/man1/ringcast.1
`;
const AFTER = '\nExit codes: 0 good, 2 wrong usage.\nManual: docs/cli.md';

export function defineShellCommands(program: Command): void {
  program
    .command('completion')
    .summary('print the completion of a shell')
    .description('Prints a script that lets a shell complete commands, flags and their values.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action((shell: 'bash' | 'zsh' | 'fish') => {
      process.stdout.write(scriptFor(shell, program));
    });
  program
    .command('man')
    .summary('print the manual page')
    .description('Prints the manual page of all commands, for man.')
    .addHelpText('before', MAN_EXAMPLES)
    .addHelpText('after', AFTER)
    .action(() => {
      const { manPage } = require('./man-page') as typeof import('./man-page');
      process.stdout.write(manPage(treeOf(program), program.version() ?? ''));
    });
}

function scriptFor(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const tree = treeOf(program);
  switch (shell) {
    case 'bash':
      return (require('./bash-completion') as typeof import('./bash-completion')).bashCompletion(tree);
    case 'zsh':
      return (require('./zsh-completion') as typeof import('./zsh-completion')).zshCompletion(tree);
    case 'fish':
      return (require('./fish-completion') as typeof import('./fish-completion')).fishCompletion(tree);
  }
}

function treeOf(program: Command) {
  const { treeOf: read } = require('./command-tree') as typeof import('./command-tree');
  return read(program);
}
