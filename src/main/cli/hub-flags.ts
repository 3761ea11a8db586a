/** The flags of every command that starts a hub, and what they say. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { HUB_NUMBERS, RING_NUMBERS, SLOW_POLICIES } from '../../shared/options';
import { DEFAULT_PORT, type Given, type GivenSettings, type Origins } from '../config/settings';
import {
  addressRange,
  channelName,
  collect,
  logLevels,
  origin,
  powerOfTwo,
  syslogAddress,
  wholeNumber,
} from './arguments';

/** Their names are those of `GivenSettings`. None has a default here: a file may say it too. */
export function addHubFlags(command: Command): Command {
  const { maxConnections, maxConnectionsPerAddress, maxDescriptors, port } = HUB_NUMBERS;
  const { laneBytes } = RING_NUMBERS;
  const flags: Option[] = [
    new Option('--config <FILE>', 'read settings from this file, YAML or JSON; flags go before it').env(
      'RINGCAST_CONFIG',
    ),
    new Option(
      '--host <HOST>',
      'address to listen on; 0.0.0.0: all of this machine (default: 127.0.0.1)',
    ).env('RINGCAST_HOST'),
    new Option('-p, --port <PORT>', `port to listen on; 0: any free one (default: ${DEFAULT_PORT})`)
      .env('RINGCAST_PORT')
      .argParser(wholeNumber(port[1], port[2])),
    new Option('--path <PATH>', 'path under which the channels lie (default: /)').env('RINGCAST_PATH'),
    new Option('--channel <NAME>', 'allow this channel (again for more; default: any name)').argParser(
      (text, before?: string[]) => collect(channelName(text), before),
    ),
    new Option('--max-connections <N>', 'refuse more than so many')
      .env('RINGCAST_MAX_CONNECTIONS')
      .argParser(wholeNumber(maxConnections[1], maxConnections[2])),
    new Option('--max-descriptors <N>', 'take the process to have no more descriptors than these')
      .env('RINGCAST_MAX_DESCRIPTORS')
      .argParser(wholeNumber(maxDescriptors[1], maxDescriptors[2])),
    new Option(
      '--allow-origin <ORIGIN>',
      'pages that may connect: https://app.example.com, same-host or any (again for more; default: same-host)',
    ).argParser((text, before?: string[]) => collect(origin(text), before)),
    new Option(
      '--token-file <FILE>',
      'peers need a token of this file: Authorization: Bearer, or ?token=',
    ).env('RINGCAST_TOKEN_FILE'),
    new Option('--max-connections-per-address <N>', 'refuse more than so many from one address')
      .env('RINGCAST_MAX_CONNECTIONS_PER_ADDRESS')
      .argParser(wholeNumber(maxConnectionsPerAddress[1], maxConnectionsPerAddress[2])),
    new Option(
      '--trusted-proxy <ADDRESS>',
      'believe this address or range about its clients: X-Forwarded-For (again for more)',
    ).argParser((text, before?: string[]) => collect(addressRange(text), before)),
    new Option('--slow <POLICY>', 'a peer that falls behind is cut, waited for, or misses messages')
      .env('RINGCAST_SLOW')
      .choices([...SLOW_POLICIES]),
    new Option('--lane-bytes <SIZE>', 'room for messages on their way (1MiB); the longest is almost half')
      .env('RINGCAST_LANE_BYTES')
      .argParser(powerOfTwo(laneBytes[1], laneBytes[2])),
    new Option(
      '--socket <PATH>',
      'socket for ringcast publish and other processes (default: see ringcast publish)',
    ).env('RINGCAST_SOCKET'),
    new Option('--no-socket', 'no socket for other processes'),
  ];
  for (const flag of flags) command.addOption(flag);
  return command;
}

/** Where its log goes. */
export function addLogFlags(command: Command): Command {
  const flags = [
    new Option(
      '--log-level <LEVELS>',
      'err, warn, notice, info or debug, and what is more severe; err,debug: exactly these (default: notice)',
    )
      .env('RINGCAST_LOG_LEVEL')
      .argParser(logLevels),
    new Option('--log-file <FILE>', 'append the log to this file; SIGHUP opens it anew').env(
      'RINGCAST_LOG_FILE',
    ),
    new Option('--syslog [ADDRESS]', 'log to syslog: /dev/log, or udp://host:port and others')
      .env('RINGCAST_SYSLOG')
      .argParser(syslogAddress),
  ];
  for (const flag of flags) command.addOption(flag);
  return command;
}

const NAMES = [
  'config',
  'host',
  'port',
  'path',
  'channel',
  'maxConnections',
  'maxDescriptors',
  'allowOrigin',
  'tokenFile',
  'maxConnectionsPerAddress',
  'trustedProxy',
  'slow',
  'laneBytes',
  'socket',
  'logFile',
  'logLevel',
  'syslog',
] as const satisfies readonly (keyof GivenSettings)[];
const PATHS: readonly string[] = ['config', 'logFile', 'socket', 'tokenFile'];

/** What the user said to a command with these flags, and how. */
export function givenTo(command: Command): Given {
  const values: { [name: string]: unknown } = {};
  const origins: Origins = {};
  for (const option of command.options) {
    const name = NAMES.find((known) => known === option.attributeName());
    const value = name === undefined ? undefined : command.getOptionValue(name);
    if (name === undefined || value === undefined) continue;
    // A daemon leaves the folder in which it was started.
    values[name] = PATHS.includes(name) && typeof value === 'string' ? path.resolve(value) : value;
    const fromEnvironment = command.getOptionValueSource(name) === 'env';
    origins[name] = (fromEnvironment ? option.envVar : option.long) ?? name;
  }
  return { values: values as GivenSettings, origins };
}
