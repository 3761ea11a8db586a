/** The command `ringcast find`: its flags and its help. */
import type { Command } from 'commander';
import { exitWith } from '../exit-with';
import { addFileFlags } from './define-bench';
import { FIND_GROUPS } from './find-flags';
import { LoadCommand } from './load-command';

const EXAMPLES = `Examples:
  ringcast find ws://127.0.0.1:8080/feed --max rate --limit 'response.p99 < 50ms' -c 1000
  ringcast find --max clients --limit 'response.p99 < 100ms' --limit 'lost == 0' -r 100 -o limit.json
  ringcast find ws://127.0.0.1:9000 --max rate --mode echo --precision 2% --on-port -- node server.js
`;
const AFTER = `
Each run takes 5s unless -d says otherwise. What is not valid, or lost messages, is bad too.
Exit codes: 0 found, 1 even the lowest value is bad, 2 wrong usage or settings, 3 the load generator is the limit, not the
server, 4 server not reachable, 70 a fault in ringcast, 130 ended by SIGINT, 143 by SIGTERM.
Manual: docs/bench-cli.md`;

export function defineFind(program: Command): void {
  program.addCommand(findCommand());
}

export function findCommand(): LoadCommand {
  const command = new LoadCommand('find');
  addFileFlags(command)
    .summary('find how much a WebSocket server can take')
    .description('Runs load tests with more and more load, and finds the most at which all limits hold.')
    .helpOption('-h, --help', 'print this help')
    .usage('[URL] --max rate|clients --limit EXPR [options] [-- COMMAND…]')
    .argument('[url]', 'such as ws://127.0.0.1:8080/feed')
    .allowExcessArguments()
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async () => {
      const { find } = require('./find') as typeof import('./find');
      await exitWith(find(command.given()));
    });
  return command.addGroups(FIND_GROUPS);
}
