/** Peers of a nemesis run, by the library ws, in a process of their own: each connection's history is checked as it grows. */
import { WebSocket } from 'ws';
import { ConnectionHistory, type HistoryFigures, type LedgerRow } from './history';
import { CHANNELS, type ChannelName, sharedClockMs } from './message';

export interface ClientsStart {
  url: string;
  perChannel: number;
}

export type ClientsOrder =
  | { type: 'start'; start: ClientsStart }
  /** So many of them, picked by these numbers (0 to below 1), read nothing for so long. */
  | { type: 'pause'; picks: number[]; forMs: number }
  /** Whoever is paused reads on. */
  | { type: 'resume' }
  | { type: 'reset'; picks: number[] }
  /** Since when each open connection must have something newer than that. */
  | { type: 'fresh'; sinceMs: number }
  | { type: 'settle'; ledger: LedgerRow[] }
  | { type: 'report' }
  /** All close, and stay away. */
  | { type: 'leave' };

export interface ClientsReport {
  connections: number;
  violations: string[];
  figures: { [channel in ChannelName]: HistoryFigures };
  /** How connections ended, and how often. */
  codes: { [code: string]: number };
}

export interface ClientsAnswers {
  start: undefined;
  pause: undefined;
  resume: undefined;
  reset: undefined;
  fresh: { open: number; fresh: number };
  settle: { settled: number };
  report: ClientsReport;
  leave: undefined;
}

const RECONNECT_MS = 50;
/** Peers read this far behind when they are resumed: the library has no more in its hands. */
const codes: { [code: string]: number } = {};
const violations: string[] = [];
const total = Object.fromEntries(
  CHANNELS.map((channel) => [channel, { received: 0, missing: 0, told: 0 }]),
) as ClientsReport['figures'];
let connections = 0;

class Client {
  readonly channel: ChannelName;
  readonly #url: string;
  #ws: WebSocket | undefined;
  #history: ConnectionHistory | undefined;
  #left = false;
  /** The history of the connection that ended last: what came until the hub's good end. */
  last: { history: ConnectionHistory; code: number } | undefined;

  constructor(url: string, channel: ChannelName) {
    this.#url = `${url}/${channel}`;
    this.channel = channel;
    this.#connect();
  }

  get open(): ConnectionHistory | undefined {
    return this.#ws?.readyState === WebSocket.OPEN ? this.#history : undefined;
  }

  pause(forMs: number): void {
    const ws = this.#ws;
    if (ws?.readyState !== WebSocket.OPEN) return;
    ws.pause();
    setTimeout(() => ws.resume(), forMs);
  }

  resume(): void {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.resume();
  }

  reset(): void {
    const socket = (this.#ws as unknown as { _socket?: { resetAndDestroy(): void } } | undefined)?._socket;
    socket?.resetAndDestroy();
  }

  leave(): void {
    this.#left = true;
    this.#ws?.close();
  }

  #connect(): void {
    if (this.#left) return;
    const ws = new WebSocket(this.#url, { perMessageDeflate: false, handshakeTimeout: 5_000 });
    this.#ws = ws;
    ws.on('open', () => {
      this.#history = new ConnectionHistory(this.channel, sharedClockMs());
      connections++;
    });
    ws.on('message', (data: Buffer, binary: boolean) => {
      if (binary) this.#history?.take(data);
      else this.#history?.gap(Number((JSON.parse(data.toString()) as { gap: number }).gap));
    });
    ws.on('error', () => {});
    ws.on('close', (code) => this.#ended(code));
  }

  #ended(code: number): void {
    const history = this.#history;
    if (history !== undefined) {
      codes[code] = (codes[code] ?? 0) + 1;
      this.last = { history, code };
      this.fold(history);
    }
    this.#history = undefined;
    setTimeout(() => this.#connect(), RECONNECT_MS * (1 + Math.random()));
  }

  fold({ channel, figures, violations: found }: ConnectionHistory): void {
    violations.push(...found.splice(0));
    for (const key of Object.keys(figures) as (keyof HistoryFigures)[]) {
      total[channel][key] += figures[key];
    }
  }
}

let clients: Client[] = [];

function picked(picks: number[]): Client[] {
  return picks.map((pick) => clients[Math.floor(pick * clients.length)]);
}

function obey(order: ClientsOrder): unknown {
  switch (order.type) {
    case 'start': {
      const { url, perChannel } = order.start;
      clients = CHANNELS.flatMap((channel) =>
        Array.from({ length: perChannel }, () => new Client(url, channel)),
      );
      return undefined;
    }
    case 'pause':
      for (const client of picked(order.picks)) client.pause(order.forMs);
      return undefined;
    case 'resume':
      for (const client of clients) client.resume();
      return undefined;
    case 'reset':
      for (const client of picked(order.picks)) client.reset();
      return undefined;
    case 'fresh': {
      const open = clients.flatMap((client) => client.open ?? []);
      return { open: open.length, fresh: open.filter(({ newestMs }) => newestMs > order.sinceMs).length };
    }
    case 'settle':
      return settle(order.ledger);
    case 'report':
      return report();
    case 'leave':
      for (const client of clients) client.leave();
      return undefined;
  }
}

/** Open connections have everything; so have those that the hub closed in good order. */
function settle(ledger: LedgerRow[]): { settled: number } {
  let settled = 0;
  for (const { open, last } of clients) {
    const history = open ?? (last?.code === 1001 || last?.code === 1012 ? last.history : undefined);
    if (history === undefined) continue;
    settled++;
    history.settle(ledger);
    violations.push(...history.violations.splice(0));
  }
  return { settled };
}

function report(): ClientsReport {
  const figures = structuredClone(total);
  for (const { open } of clients) {
    if (open === undefined) continue;
    violations.push(...open.violations.splice(0));
    for (const key of Object.keys(open.figures) as (keyof HistoryFigures)[])
      figures[open.channel][key] += open.figures[key];
  }
  return { connections, violations, figures, codes };
}

process.on('message', ({ id, order }: { id: number; order: ClientsOrder }) => {
  process.send?.({ id, result: obey(order) });
});
process.on('disconnect', () => process.exit(0));
