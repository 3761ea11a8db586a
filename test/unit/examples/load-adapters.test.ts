import path from 'node:path';
import type { Adapter, AdapterSession } from '../../../src/shared/load/adapter';

const load = (name: string): Adapter =>
  require(path.resolve(__dirname, '../../../examples/load', name)).adapter;
const session = (publisher = false): AdapterSession => ({
  client: 0,
  publisher,
  url: new URL('ws://h/'),
  state: undefined,
});
const texts = (outgoing: { data: string | Uint8Array }[] | undefined) =>
  (outgoing ?? []).map(({ data }) => JSON.parse(data.toString()));
const got = (adapter: Adapter, text: string, to: AdapterSession) => {
  const { payload, payloads, reply, ...rest } = adapter.message!(Buffer.from(text), false, to);
  return {
    ...rest,
    reply: texts(reply),
    payloads: (payloads ?? (payload === undefined ? [] : [payload])).map((one) =>
      Buffer.from(one).toString(),
    ),
  };
};

describe('Centrifugo', () => {
  const adapter = load('centrifugo.js');

  test('connects, subscribes, and is ready then', () => {
    const client = session();
    expect(texts(adapter.open!(client))).toEqual([{ id: 1, connect: {} }]);
    expect(
      got(adapter, '{"id":1,"connect":{"client":"x","version":"6","ping":25,"pong":true}}', client),
    ).toEqual({
      control: true,
      payloads: [],
      reply: [{ id: 2, subscribe: { channel: 'bench' } }],
    });
    expect(got(adapter, '{"id":2,"subscribe":{}}', client)).toMatchObject({
      control: true,
      ready: true,
      reply: [],
    });
  });

  test('a publisher subscribes to nothing', () => {
    const publisher = session(true);
    adapter.open!(publisher);
    expect(got(adapter, '{"id":1,"connect":{}}', publisher)).toMatchObject({ ready: true, reply: [] });
    expect(texts(adapter.wrap!(Buffer.from('"x"'), true, publisher))).toEqual([
      { id: 3, publish: { channel: 'bench', data: '"x"' } },
    ]);
    expect(got(adapter, '{"id":3,"publish":{}}', publisher)).toMatchObject({ control: true, payloads: [] });
  });

  test('answers pings, and takes several pushes of one message', () => {
    const client = session();
    const pushes = [
      '{"push":{"channel":"bench","pub":{"data":"one"}}}',
      '{}',
      '{"push":{"channel":"bench","pub":{"data":{"a":2}}}}\n',
    ];
    expect(got(adapter, pushes.join('\n'), client)).toEqual({
      control: false,
      payloads: ['one', '{"a":2}'],
      reply: [{}],
    });
  });

  test('tells of a refusal', () => {
    const refusal = '{"id":2,"error":{"code":103,"message":"permission denied"}}';
    expect(got(adapter, refusal, session()).refused).toBe('permission denied (103)');
    const push = '{"push":{"disconnect":{"code":3501,"reason":"bad request"}}}';
    expect(got(adapter, push, session()).refused).toBe('bad request');
  });
});

describe('Phoenix', () => {
  const adapter = load('phoenix.js');

  test('joins with version 2 of the protocol, and is ready when the reply says ok', () => {
    expect(adapter.url!(new URL('ws://h/socket/websocket')).href).toBe('ws://h/socket/websocket?vsn=2.0.0');
    const client = session();
    expect(texts(adapter.open!(client))).toEqual([['1', '1', 'room:lobby', 'phx_join', {}]]);
    const reply = '["1","1","room:lobby","phx_reply",{"status":"ok","response":{}}]';
    expect(got(adapter, reply, client)).toMatchObject({ control: true, ready: true });
  });

  test('pushes, and takes what is broadcast', () => {
    const client = session();
    adapter.open!(client);
    expect(texts(adapter.wrap!(Buffer.from('hi'), true, client))).toEqual([
      ['1', '2', 'room:lobby', 'new_msg', { body: 'hi' }],
    ]);
    expect(got(adapter, '[null,null,"room:lobby","new_msg",{"body":"hi"}]', client).payloads).toEqual(['hi']);
    const reply = '["1","2","room:lobby","phx_reply",{"status":"ok","response":{}}]';
    expect(got(adapter, reply, client)).toEqual({ control: true, payloads: [], reply: [] });
  });

  test('beats, and takes no answer to it for a message', () => {
    const client = session();
    adapter.open!(client);
    expect(texts(adapter.heartbeat!.messages(client))).toEqual([[null, '2', 'phoenix', 'heartbeat', {}]]);
    const reply = '[null,"2","phoenix","phx_reply",{"status":"ok","response":{}}]';
    expect(got(adapter, reply, client)).toMatchObject({ control: true });
  });

  test('tells of a refusal', () => {
    const reply = '["1","1","room:lobby","phx_reply",{"status":"error","response":{"reason":"no"}}]';
    expect(got(adapter, reply, session()).refused).toBe('join of room:lobby: {"reason":"no"}');
    expect(got(adapter, '["1","1","room:lobby","phx_error",{}]', session()).refused).toBe(
      'phx_error of room:lobby',
    );
  });
});
