/** The command `ringcast publish`: its flags and its help. */
import type { Command } from 'commander';
import { defaultProducerSocket } from '../producer-socket';
import { channelName, seconds } from './arguments';
import type { ExitCode } from './exit-codes';
import type { PublishOptions } from './publish';

const EXAMPLES = `Examples:
  tail -f app.log | ringcast publish -c log
  cat words.txt | ringcast publish -c words --socket /run/app/ringcast.sock
  my-encoder | ringcast publish -c video --frames --wait 30
`;

export function definePublish(
  program: Command,
  { after, exitWith }: { after: string; exitWith: (code: Promise<ExitCode>) => Promise<void> },
): void {
  program
    .command('publish')
    .summary('post standard input to a hub that runs')
    .description('Posts each line of its standard input to a channel of a hub on this machine.')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', after)
    .requiredOption('-c, --channel <NAME>', 'channel to post to', channelName)
    .option(
      '--socket <PATH>',
      `the hub's socket (default: ${defaultProducerSocket() ?? 'none on this system'})`,
    )
    .option('--frames', 'messages with 4 bytes of length before each, highest first; binary')
    .option('--text', 'with --frames: messages are text')
    .option('--wait <SECONDS>', 'wait for a hub that has not started yet', seconds)
    .option('--no-reconnect', 'end when the hub closes or the connection breaks')
    .option('--json', 'tell events on standard output, one JSON object a line')
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (options: PublishOptions) => {
      const { publish } = require('./publish') as typeof import('./publish');
      await exitWith(publish(options));
    });
}
