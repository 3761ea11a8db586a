/** The command `ringcast agent`: its flags and its help. */
import type { Command } from 'commander';
import type { AgentCommandOptions } from './agent';
import { exitWith } from './exit-with';

const EXAMPLES = `Examples:
  openssl rand -hex 32 > token                                          once; the coordinator needs the same file
  ringcast agent --listen 10.0.0.7:7070 --token-file token
  ringcast agent --listen 0.0.0.0:7070 --token-file token --cert cert.pem --key key.pem
  ringcast bench ws://10.0.0.1:8080 -c 50000 --agents 10.0.0.7:7070,10.0.0.8:7070 --agent-token-file token
`;
const AFTER = `
An agent connects to whatever server its coordinator names, with all the load it can make: keep the token to yourself.
Exit codes: 0 good, 1 failed (port taken), 2 wrong usage, 130 ended by SIGINT, 143 by SIGTERM.
Manual: docs/bench-distributed.md`;

export function defineAgent(program: Command): void {
  program
    .command('agent')
    .summary('make load for a coordinator on another host')
    .description(
      'Waits for ringcast bench --agents on other hosts, and makes load for one of them at a time.',
    )
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .option('--listen <HOST:PORT>', 'address to listen on; port 0: any free one', '127.0.0.1:7070')
    .requiredOption('--token-file <FILE>', 'file with the token that a coordinator must have too')
    .option('--cert <FILE>', 'certificate (PEM): the connection is encrypted; needs --key')
    .option('--key <FILE>', 'its private key (PEM)')
    .option('--allow-scripts', 'coordinators may name a module of this host to be loaded (--script)')
    .option('--json', 'tell events on standard output, one JSON object a line')
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (options: AgentCommandOptions) => {
      const { agent } = require('./agent') as typeof import('./agent');
      await exitWith(agent(options));
    });
}
