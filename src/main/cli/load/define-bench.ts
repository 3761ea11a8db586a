/** The command `ringcast bench`: its flags and its help. */
import { type Command, Option } from 'commander';
import type { ExitCode } from '../exit-codes';
import { exitWith } from '../exit-with';
import { BENCH_GROUPS } from './bench-flags';
import { gather, LoadCommand } from './load-command';

const EXAMPLES = `Examples:
  ringcast bench                                              a hub started inside, 100 clients, 1k messages/s, 10s
  ringcast bench ws://127.0.0.1:8080/feed -c 2000 -r 20k -d 30s
  ringcast bench wss://example.org/echo --mode echo -c 500 --threshold 'response.p99 < 50ms' -o report.html
  ringcast bench ws://127.0.0.1:9000 --on-port -- node server.js
  ringcast bench -c 1000 --slow 5%:64kB/s --slow 1%:never-read
  ringcast bench --target ws-loop --target ringcast --repeat 5   servers side by side
  ringcast bench --config checkout.yaml --json                a file of scenarios
`;
const AFTER = `
Each flag is also a key of a file and a variable: --connect-rate, connectRate, RINGCAST_BENCH_CONNECT_RATE.
Flags go before the environment, that before files, those before defaults.
Exit codes: 0 good, 1 a threshold failed, 2 wrong usage or settings, 3 the run says nothing of the server (the load was not
reached), 4 server not reachable, 5 messages lost, doubled, out of order or changed, 70 a fault in ringcast,
130 ended by SIGINT, 143 by SIGTERM (with what was measured until then).
Manual: docs/bench-cli.md`;

interface Schemas {
  schema?: boolean;
  configSchema?: boolean;
}

export function defineBench(program: Command): void {
  program.addCommand(benchCommand());
}

export function benchCommand(): LoadCommand {
  const command = new LoadCommand('bench');
  addFileFlags(command)
    .summary('load-test a WebSocket server')
    .description(
      'Loads a WebSocket server, and tells what it took and how fast it was. Without URL: a hub of its own.',
    )
    .helpOption('-h, --help', 'print this help')
    .usage('[URL] [options] [-- COMMAND…]')
    .argument('[url]', 'such as ws://127.0.0.1:8080/feed')
    .allowExcessArguments()
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .addOption(
      new Option('--config-schema', 'print the JSON Schema of files for --config').helpGroup('Files:'),
    )
    .addOption(new Option('--schema', 'print the JSON Schema of results').helpGroup('Files:'))
    .action(async (_url: string | undefined, { schema, configSchema }: Schemas) => {
      const { bench, printConfigSchema } = require('./bench') as typeof import('./bench');
      if (schema) return exitWith(printResultSchema());
      await exitWith(configSchema ? printConfigSchema() : bench(command.given()));
    });
  return command.addGroups(BENCH_GROUPS);
}

function printResultSchema(): Promise<ExitCode> {
  const { report } = require('./report') as typeof import('./report');
  return report(undefined, { schema: true });
}

/** Files that say what the flags do not. */
export function addFileFlags(command: LoadCommand): LoadCommand {
  return command
    .addOption(
      new Option('--config <FILE>', 'read settings or scenarios from this file: YAML, JSON or a module')
        .argParser(gather)
        .helpGroup('Files:'),
    )
    .addOption(
      new Option('--env-file <FILE>', 'read variables (RINGCAST_BENCH_…) from this file')
        .argParser(gather)
        .helpGroup('Files:'),
    ) as LoadCommand;
}
