/** Sends a run's numbers by StatsD over UDP, each second. Nobody answers, and nothing waits. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { LoadEvent } from '../options';
import { type LiveMetric, liveMetrics } from './live-metrics';
import type { ListenAddress } from './local-server';
import type { LoadObserver, RunNotice } from './observer';
import { RunProgress } from './progress';

/** What goes into one Ethernet frame, as StatsD's own documentation advises. */
export const MAX_DATAGRAM_BYTES = 1_432;

export class StatsdSink implements LoadObserver {
  readonly #progress = new RunProgress();
  readonly #address: ListenAddress;
  readonly #socket: Socket;
  readonly #failed: (error: Error) => void;

  /** @param failed told once, if datagrams cannot be sent */
  constructor(address: ListenAddress, failed: (error: Error) => void) {
    this.#address = address;
    this.#failed = once(failed);
    this.#socket = createSocket(isIPv6(address.host) ? 'udp6' : 'udp4');
    this.#socket.on('error', this.#failed);
    this.#socket.unref();
  }

  run(notice: RunNotice): void {
    this.#progress.begin(notice);
  }

  event(event: LoadEvent): void {
    this.#progress.take(event);
    if (event.type === 'second') this.#send(liveMetrics(this.#progress).map(gaugeText));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #send(lines: string[]): void {
    const { host, port } = this.#address;
    for (const text of datagramsOf(lines)) {
      this.#socket.send(text, port, host, (error) => {
        if (error) this.#failed(error);
      });
    }
  }
}

/** `ringcast.bench.response_seconds.p99:0.0048|g`: labels are part of the name, as StatsD has none. */
function gaugeText({ name, labels, value }: LiveMetric): string {
  const quantile = labels?.quantile;
  const part = quantile === undefined ? '' : quantile === '1' ? '.max' : `.p${Number(quantile) * 100}`;
  return `ringcast.bench.${name}${part}:${value}|g`;
}

function datagramsOf(lines: string[]): string[] {
  const datagrams: string[] = [];
  for (const line of lines) {
    const last = datagrams.at(-1);
    const fits = last !== undefined && last.length + 1 + line.length <= MAX_DATAGRAM_BYTES;
    if (fits) datagrams[datagrams.length - 1] = `${last}\n${line}`;
    else datagrams.push(line);
  }
  return datagrams;
}

export function once<Argument>(call: (argument: Argument) => void): (argument: Argument) => void {
  let called = false;
  return (argument) => {
    if (called) return;
    called = true;
    call(argument);
  };
}
