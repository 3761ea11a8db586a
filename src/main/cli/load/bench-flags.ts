/** The flags of `ringcast bench`, by group as its help shows them. `find` has most of them too. */
import { Check, Mode } from '../../../shared/load/plan';
import { REFERENCE_TARGETS } from '../../load/options';
import type { FlagTable, ValuesOf } from './flag';
import * as read from './values';

const TRAFFIC = {
  mode: {
    value: 'MODE',
    about: `who sends what to whom: ${Object.values(Mode).join(', ')}`,
    fallback: 'broadcast',
    reader: read.oneOf(Object.values(Mode)),
  },
  clients: { short: 'c', value: 'N', about: 'connections', fallback: '100', reader: read.count() },
  producers: {
    short: 'p',
    value: 'N',
    about: 'publishers of a broadcast',
    fallback: '1',
    reader: read.count(),
  },
  rate: {
    short: 'r',
    value: 'RATE',
    about: 'messages per second of all publishers together',
    fallback: '1k; idle, connect: 0',
    reader: read.rate,
  },
  size: {
    short: 's',
    value: 'SIZE',
    about: 'bytes of a message; 64..4096: between these; 64:9,4KiB:1: with weights',
    fallback: '128',
    reader: read.sizes,
  },
  duration: {
    short: 'd',
    value: 'TIME',
    about: 'how long is measured',
    fallback: '10s',
    reader: read.duration,
  },
  messages: { short: 'n', value: 'N', about: 'end when so many were published', reader: read.count(1) },
  warmup: {
    value: 'TIME',
    about: 'load before that, not measured',
    fallback: 'a fifth of the duration, 500ms to 5s',
    reader: read.duration,
  },
  settle: { value: 'TIME', about: 'pause after connecting', fallback: '250ms', reader: read.duration },
  drainTimeout: {
    value: 'TIME',
    about: 'how long to wait for what is under way at the end',
    fallback: '5s',
    reader: read.duration,
  },
  stage: {
    value: 'TIME:RATE',
    about:
      'a part of the schedule, instead of rate and duration (again for more); TIME:..RATE: in a straight line',
    reader: read.stage,
    list: ',',
  },
  ramp: {
    value: 'A..B/TIME',
    about: 'go from rate A to rate B first, then on at B for the duration',
    reader: read.ramp,
  },
  spike: {
    value: 'FACTOR',
    optional: '10',
    about: 'preset: the middle sixth of the duration at FACTOR times the rate',
    fallback: '10',
    reader: read.count(2),
  },
  soak: { about: 'preset: an hour, with a minute of warm-up', reader: read.flag },
} as const satisfies FlagTable;

const PAYLOAD = {
  text: { about: 'send text messages', reader: read.flag },
  payloadFile: {
    value: 'FILE',
    about: 'lines that fill the messages, in turn',
    reader: read.text,
    path: true,
  },
  payloadTemplate: {
    value: 'TEXT',
    about: 'the message around the stamp, such as {"data":"{{stamp}}","pad":"{{fill}}"}; @FILE: from a file',
    reader: read.text,
  },
  payloadFill: {
    value: 'KIND',
    about: 'random (does not compress) or constant',
    fallback: 'random',
    reader: read.oneOf(['random', 'constant']),
  },
  seed: {
    value: 'N',
    about: 'of all that is drawn by chance',
    fallback: 'drawn, and told',
    reader: read.count(),
  },
} as const satisfies FlagTable;

const TARGET = {
  target: {
    value: 'NAME',
    about: `a server that ringcast brings along: ${REFERENCE_TARGETS.join(', ')} (again: one after the other, compared)`,
    reader: read.oneOf(REFERENCE_TARGETS),
    list: ',',
    whole: true,
  },
  publishUrl: {
    value: 'URL',
    about: 'where publishers connect to, if not where clients do',
    reader: read.url(['ws', 'wss']),
  },
  onPort: {
    about: 'start the command after --, wait for the port of URL, end it afterwards',
    reader: read.flag,
    whole: true,
  },
  readyTimeout: {
    value: 'TIME',
    about: 'how long to wait for that port',
    fallback: '30s',
    reader: read.duration,
    whole: true,
  },
  adapter: {
    value: 'NAME',
    about: 'how the server speaks: raw or socket.io',
    fallback: 'raw',
    reader: read.oneOf(['raw', 'socket.io']),
  },
  script: { value: 'FILE', about: 'a module that says how the server speaks', reader: read.text, path: true },
} as const satisfies FlagTable;

const CONNECTIONS = {
  connectRate: { value: 'RATE', about: 'new connections per second', fallback: '1k', reader: read.rate },
  connectTimeout: { value: 'TIME', about: 'for each attempt', fallback: '10s', reader: read.duration },
  connectConcurrency: { value: 'N', about: 'handshakes at once', fallback: '200', reader: read.count(1) },
  connectAttempts: { value: 'N', about: 'attempts for each client', fallback: '3', reader: read.count(1) },
  header: {
    short: 'H',
    value: 'HEADER',
    about: '"Name: value" for the handshake (again for more); @FILE: its lines, for secrets',
    reader: read.header,
    list: '\n',
    map: ': ',
  },
  tokenFile: {
    value: 'FILE',
    about: "the server's token, sent as Authorization: Bearer",
    reader: read.text,
    path: true,
  },
  origin: { value: 'ORIGIN', about: 'the header Origin', reader: read.text },
  subprotocol: { value: 'NAME', about: 'to offer (again for more)', reader: read.text, list: ',' },
  compression: { about: 'offer permessage-deflate', reader: read.flag },
  insecure: { about: "do not check the server's certificate", reader: read.flag },
  cacert: { value: 'FILE', about: 'who signed it (PEM)', reader: read.text, path: true },
  cert: { value: 'FILE', about: "the clients' certificate (PEM)", reader: read.text, path: true },
  key: { value: 'FILE', about: 'its key (PEM)', reader: read.text, path: true },
  sourceIp: {
    value: 'ADDRESS',
    about: 'to connect from (again: in turn)',
    fallback: 'the system chooses; past 20,000 clients to this machine 127.0.0.x',
    reader: read.text,
    list: ',',
  },
  client: {
    value: 'KIND',
    about: 'sink: as cheap as can be; ws: checks everything',
    fallback: 'sink',
    reader: read.oneOf(['sink', 'ws']),
  },
} as const satisfies FlagTable;

const BEHAVIOUR = {
  slow: {
    value: 'SHARE:KIND',
    about:
      'clients that misbehave (again for more): 5%:64kB/s, 20:stall=10s/30s, 1%:never-read, 1%:half-open, 2%:cut=5s',
    reader: read.slow,
    list: ',',
  },
  churn: { value: 'RATE', about: 'clients per second that leave and are replaced', reader: read.rate },
  reconnect: { about: 'clients whose connection is lost come back', reader: read.flag },
} as const satisfies FlagTable;

const JUDGEMENT = {
  check: {
    value: 'LIST',
    about: `faults that fail the run: ${Object.values(Check).join(',')} or none`,
    fallback: 'all',
    reader: read.oneOf([...Object.values(Check), 'crc', 'all', 'none'] as const),
    list: ',',
  },
  threshold: {
    value: 'EXPR',
    about: "what must hold, such as 'response.p99 < 50ms' (again for more)",
    reader: read.text,
    list: ',',
  },
  abortOnFail: {
    value: 'TIME',
    optional: '0',
    about: 'end when a threshold has failed for so long',
    fallback: '0',
    reader: read.duration,
  },
  percentiles: {
    value: 'LIST',
    about: 'which to print',
    fallback: '50,90,99,99.9',
    reader: read.percentile,
    list: ',',
  },
  repeat: {
    value: 'N',
    about: 'runs; the median one is shown, with the spread',
    fallback: '1',
    reader: read.count(1),
    whole: true,
  },
} as const satisfies FlagTable;

const OUTPUT = {
  output: {
    short: 'o',
    value: 'FILE',
    about: 'write the result (again for more): .json, .html, .md, .csv, .ndjson, .hgrm, .xml, .txt',
    reader: read.text,
    list: ',',
    path: true,
    whole: true,
  },
  json: {
    about: 'events on standard output, one JSON object a line, the result last',
    reader: read.flag,
    whole: true,
  },
  github: { about: 'add a summary to $GITHUB_STEP_SUMMARY', reader: read.flag, whole: true },
  quiet: { short: 'q', about: 'no progress; the result only', reader: read.flag, whole: true },
  noProgress: { about: 'no progress', reader: read.flag, whole: true },
  name: { value: 'NAME', about: 'of the run, in the result', reader: read.text },
  label: {
    value: 'NAME=VALUE',
    about: 'kept in the result (again for more)',
    reader: read.label,
    list: ',',
    map: '=',
  },
  ui: {
    value: 'PORT',
    optional: '0',
    about: 'show it live in a browser, on 127.0.0.1',
    fallback: 'any free port',
    reader: read.address,
    whole: true,
  },
  linger: { about: 'with --ui: keep the page until Ctrl-C', reader: read.flag, whole: true },
  prometheus: {
    value: 'ADDRESS',
    about: 'serve /metrics there, in the text format of Prometheus',
    reader: read.address,
    whole: true,
  },
  otlp: {
    value: 'URL',
    about: 'send metrics there each second, by OTLP over HTTP in JSON',
    reader: read.url(['http', 'https']),
    whole: true,
  },
  statsd: {
    value: 'ADDRESS',
    about: 'send metrics there each second, by StatsD over UDP',
    reader: read.address,
    whole: true,
  },
} as const satisfies FlagTable;

const MACHINES = {
  workers: {
    short: 'w',
    value: 'N',
    about: 'load threads in each process',
    fallback: 'cores - 1',
    reader: read.count(1),
  },
  processes: {
    value: 'N',
    about: 'processes that make the load',
    fallback: 'what the descriptor limit asks for',
    reader: read.count(1),
  },
  agents: {
    value: 'LIST',
    about: 'HOST:PORT of agents on other hosts that make the load',
    reader: read.address,
    list: ',',
    whole: true,
  },
  agentTokenFile: { value: 'FILE', about: "the agents' token", reader: read.text, path: true, whole: true },
  agentTls: {
    about: 'connections to the agents are encrypted, their certificates checked',
    reader: read.flag,
    whole: true,
  },
  agentCa: {
    value: 'FILE',
    about: "the same, with the agents' own certificate or authority (PEM)",
    reader: read.text,
    path: true,
    whole: true,
  },
  force: {
    about: 'latencies between hosts also where their clocks are not known well enough',
    reader: read.flag,
  },
} as const satisfies FlagTable;

export const BENCH_GROUPS = {
  'Traffic:': TRAFFIC,
  'Payload:': PAYLOAD,
  'Server under test:': TARGET,
  'Connections:': CONNECTIONS,
  'Clients that misbehave:': BEHAVIOUR,
  'Judgement:': JUDGEMENT,
  'Output:': OUTPUT,
  'Where the load is made:': MACHINES,
} as const;

export const BENCH_FLAGS = {
  ...TRAFFIC,
  ...PAYLOAD,
  ...TARGET,
  ...CONNECTIONS,
  ...BEHAVIOUR,
  ...JUDGEMENT,
  ...OUTPUT,
  ...MACHINES,
};
export type BenchValues = ValuesOf<typeof BENCH_FLAGS>;
export type BenchKey = keyof typeof BENCH_FLAGS;
