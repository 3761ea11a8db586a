import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { deliverEvents } from '../../../src/main/application-events';
import { ServiceLink } from '../../../src/main/control';
import { HubError, HubErrorCode } from '../../../src/shared/errors';
import type { InboundBatch } from '../../../src/shared/inbound';

const PIECE = { first: false, final: true, remaining: 4, binary: true, messageBytes: 9 };
const GAP = { channel: 'chat', skipped: 2, conflated: 3, over: true };
const info = { id: 3, channel: 'chat', remoteAddress: '192.0.2.1' };
let ports: MessagePort[] = [];

afterEach(() => {
  for (const port of ports) port.close();
  ports = [];
});

function channel(): [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  return [port1, port2];
}

describe('batches from the service', () => {
  it('become events in their order, and the credit goes back behind them', async () => {
    const [service, application] = channel();
    const told: unknown[] = [];
    deliverEvents(application, {
      connection: (about) => told.push(['connection', about.id]),
      message: (about, data) => told.push(['message', about.id, data]),
      fragment: (about, data, fragment) => told.push(['fragment', about.id, data, fragment]),
      closing: ({ id }) => told.push(['closing', id]),
      gap: (about, gap) => told.push(['gap', about.id, gap]),
      disconnect: ({ id, code, reason }) => told.push(['disconnect', id, code, reason]),
      error: (error) => told.push([error.name, error.code, error.message, error.cause]),
      restarted: ({ restarts }) => told.push(['restarted', restarts]),
    });
    const credit = new Promise((resolve) => service.once('message', resolve));
    const bytes = new TextEncoder().encode('hällo\u0000').buffer;
    const batch: InboundBatch = {
      events: [
        { type: 'connection', info },
        { type: 'message', info, text: true, offset: 0, length: 6 },
        { type: 'message', info, text: false, offset: 6, length: 1 },
        { type: 'message', info, text: true, offset: 7, length: 0 },
        { type: 'fragment', info, fragment: PIECE, offset: 1, length: 2 },
        { type: 'gap', info, gap: GAP },
        { type: 'error', code: HubErrorCode.HANDLER_THREW, message: 'oh', cause: 'why' },
        { type: 'disconnect', info, code: 1006, reason: '' },
      ],
      bytes,
      cost: 77,
    };
    service.postMessage(batch, [bytes]);
    expect(await credit).toEqual({ credit: 77 });
    expect(told).toEqual([
      ['connection', 3],
      ['message', 3, 'hällo'],
      ['message', 3, new Uint8Array([0])],
      ['message', 3, ''],
      ['fragment', 3, new Uint8Array([0xc3, 0xa4]), PIECE],
      ['gap', 3, GAP],
      ['HubError', HubErrorCode.HANDLER_THREW, 'oh', 'why'],
      ['disconnect', 3, 1006, ''],
    ]);
  });
});

describe('a call to the service', () => {
  it('fails at its deadline, without an answer', async () => {
    const [, port] = channel();
    const link = new ServiceLink(port, new Promise<never>(() => {}));
    await expect(link.call('connections', 50, (service) => service.connections())).rejects.toMatchObject({
      code: HubErrorCode.CONTROL_TIMEOUT,
      message: 'the service thread did not answer connections within 50 ms: it is busy or stuck',
    });
  });

  it('fails as soon as the service is gone, before and during the call', async () => {
    const [, port] = channel();
    let end: (error: Error) => void = () => {};
    const gone = new Promise<never>((_resolve, reject) => {
      end = reject;
    });
    const link = new ServiceLink(port, gone);
    const calls = [link.call('connections', 60_000, (service) => service.connections())];
    end(new HubError(HubErrorCode.SERVICE_GONE, 'gone'));
    calls.push(link.call('connections', 60_000, (service) => service.connections()));
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: HubErrorCode.SERVICE_GONE });
  });
});
