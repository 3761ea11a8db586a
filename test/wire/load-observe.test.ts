/** Sinks of a run's numbers, with real sockets. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LoadObserver } from '../../src/main/load/observe/observer';
import { OtlpSink } from '../../src/main/load/observe/otlp';
import { PrometheusEndpoint } from '../../src/main/load/observe/prometheus';
import { MAX_DATAGRAM_BYTES, StatsdSink } from '../../src/main/load/observe/statsd';
import { LivePageServer } from '../../src/main/load/observe/ui';
import { endAll, whenOver } from '../support/hubs';
import { loadResult } from '../support/load-result';

afterEach(endAll);

const result = loadResult();
const notice = { title: '<b>run</b>', plan: result.config, url: 'ws://127.0.0.1:8080/' };

function begin(observer: LoadObserver): void {
  whenOver(() => observer.close());
  observer.run?.(notice);
  observer.event({ type: 'phase', name: 'measure' });
}

const second = (observer: LoadObserver) => observer.event({ type: 'second', row: result.series[0]! });

async function collector(answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  whenOver(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('Prometheus', () => {
  test('fetches what is known now; other places and verbs are refused', async () => {
    const endpoint = await PrometheusEndpoint.listen({ host: '127.0.0.1', port: 0 });
    begin(endpoint);
    second(endpoint);
    const answer = await fetch(endpoint.url);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain('ringcast_bench_received_per_second{');
    expect((await fetch(new URL('/', endpoint.url))).status).toBe(404);
    expect((await fetch(endpoint.url, { method: 'POST' })).status).toBe(405);
  });

  test('an address that is taken is an error before the run', async () => {
    const endpoint = await PrometheusEndpoint.listen({ host: '127.0.0.1', port: 0 });
    whenOver(() => endpoint.close());
    const port = Number(new URL(endpoint.url).port);
    await expect(PrometheusEndpoint.listen({ host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
  });
});

describe('StatsD', () => {
  test('gets gauges in datagrams that fit into a frame', async () => {
    const server = createSocket('udp4');
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    whenOver(() => server.close());
    const sink = new StatsdSink({ host: '127.0.0.1', port: server.address().port }, () => {});
    begin(sink);
    const datagram = once(server, 'message');
    second(sink);
    const [text] = (await datagram) as [Buffer];
    expect(text.length).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
    expect(String(text).split('\n')).toContain(`ringcast.bench.connected:${result.series[0]!.connected}|g`);
    for (const line of String(text).split('\n'))
      expect(line).toMatch(/^ringcast\.bench\.[\w.]+:[\d.e-]+\|g$/);
  });
});

describe('OTLP', () => {
  test('a collector gets a request with the headers, at the standard path', async () => {
    let arrived: (request: { url?: string; key?: unknown; body: string }) => void = () => {};
    const request = new Promise<{ url?: string; key?: unknown; body: string }>((resolve) => {
      arrived = resolve;
    });
    const url = await collector(async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      response.end('{}');
      arrived({ url: incoming.url, key: incoming.headers['api-key'], body });
    });
    const sink = new OtlpSink(url, { 'api-key': 'k' }, () => {});
    begin(sink);
    second(sink);
    const { body, ...rest } = await request;
    expect(rest).toEqual({ url: '/v1/metrics', key: 'k' });
    expect(JSON.parse(body).resourceMetrics[0].scopeMetrics[0].metrics.length).toBeGreaterThan(5);
  });

  test('one that does not answer gets one request, and delays the end by a second at the most', async () => {
    let requests = 0;
    let came: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      came = resolve;
    });
    const url = await collector(() => {
      requests++;
      came();
    });
    const failures: Error[] = [];
    const sink = new OtlpSink(url, {}, (failure) => failures.push(failure));
    begin(sink);
    for (let at = 0; at < 10; at++) second(sink);
    await first;
    await sink.close();
    expect(requests).toBe(1);
  });

  test('one that refuses is told of once', async () => {
    const url = await collector((_, response) => response.writeHead(403).end());
    const failed = new Promise<Error>((resolve) => {
      const sink = new OtlpSink(url, {}, resolve);
      begin(sink);
      second(sink);
    });
    expect((await failed).message).toBe('it answered 403');
  });
});

describe('the live page', () => {
  async function page(): Promise<LivePageServer> {
    const server = await LivePageServer.listen(0);
    begin(server);
    return server;
  }

  /** Reads events until `count` have come. */
  async function events(url: string, count: number): Promise<{ event: string; [key: string]: unknown }[]> {
    const answer = await fetch(new URL('events', url));
    let text = '';
    for await (const chunk of answer.body!) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if ((text.match(/^data: /gm) ?? []).length >= count) break;
    }
    return text
      .split('\n\n')
      .filter((part) => part.startsWith('data: '))
      .map((part) => JSON.parse(part.slice(6)));
  }

  test('loads nothing from elsewhere: scripts and styles by their hash', async () => {
    const server = await page();
    const answer = await fetch(server.url);
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/,
    );
    const text = await answer.text();
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(text.length).toBeLessThan(150_000);
  });

  test('a browser that comes late gets what it has missed, then what goes on', async () => {
    const server = await page();
    second(server);
    const heard = events(server.url, 4);
    server.event({ type: 'result', result });
    expect((await heard).map(({ event }) => event)).toEqual(['run', 'phase', 'second', 'result']);
  });

  test('the report is there when the run is over', async () => {
    const server = await page();
    expect((await fetch(new URL('report.html', server.url))).status).toBe(404);
    server.event({ type: 'result', result });
    expect(await (await fetch(new URL('report.html', server.url))).text()).toContain('<!doctype html>');
  });

  test('another name that leads to this machine is refused', async () => {
    const server = await page();
    const { port } = new URL(server.url);
    const request = http.get({ host: '127.0.0.1', port, headers: { Host: `evil.example:${port}` } });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(403);
  });

  test('a page that is open does not keep it from closing', async () => {
    const server = await LivePageServer.listen(0);
    server.run(notice);
    const heard = events(server.url, 1_000).catch(() => 'cut');
    await events(server.url, 1);
    await server.close();
    expect(await heard).toBeDefined();
    await expect(fetch(server.url)).rejects.toThrow();
  });
});
