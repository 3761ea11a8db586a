import type { AdapterSession } from '../../../../../src/shared/load/adapter';
import { socketIo } from '../../../../../src/workers/load/adapters/socket-io';

const sessionOf = (url: string): AdapterSession => ({
  client: 0,
  publisher: false,
  url: socketIo.url!(new URL(url)),
  state: undefined,
});
const main = sessionOf('ws://h/');
const take = (text: string, session = main) => {
  const { payload, ...rest } = socketIo.message!(Buffer.from(text), false, session);
  return { ...rest, ...(payload && { payload: Buffer.from(payload).toString() }) };
};

test.each([
  ['ws://h:1/', 'ws://h:1/socket.io/?EIO=4&transport=websocket', '40'],
  ['ws://h/socket.io', 'ws://h/socket.io/?EIO=4&transport=websocket', '40'],
  ['ws://h/admin?token=x', 'ws://h/socket.io/?token=x&EIO=4&transport=websocket#/admin,', '40/admin,'],
])('dials %s at %s', (url, dialled, connect) => {
  const session = sessionOf(url);
  expect(session.url.href).toBe(dialled);
  expect(take('0{"sid":"x","pingInterval":25000}', session)).toEqual({
    control: true,
    reply: [{ data: connect }],
  });
});

test('is ready when the server has connected it to its namespace, and answers pings', () => {
  expect(take('40{"sid":"y"}')).toEqual({ control: true, ready: true });
  expect(take('40/admin,{"sid":"y"}')).toEqual({ control: true, ready: true });
  expect(take('2')).toEqual({ control: true, reply: [{ data: '3' }] });
  expect(take('6')).toEqual({ control: true });
});

test('takes the text of an event as it was given', () => {
  expect(take('42["message","plain"]')).toEqual({ payload: 'plain' });
  expect(take('42/admin,["message","plain"]')).toEqual({ payload: 'plain' });
  expect(take('4217["message","with an id"]')).toEqual({ payload: 'with an id' });
  expect(take('42["message","\\"quoted\\" \\u00fc\\n"]')).toEqual({ payload: '"quoted" ü\n' });
});

test('of other events the stamp is looked for in all of the message', () => {
  expect(take('42["news",{"a":1}]')).toEqual({});
  expect(take('42["message","a","b"]')).toEqual({});
});

test('of a binary event the attachment is the message', () => {
  expect(take('451-["message",{"_placeholder":true,"num":0}]')).toEqual({ control: true });
  expect(socketIo.message!(Buffer.from([1, 2]), true, main)).toEqual({ payload: Buffer.from([1, 2]) });
});

test('tells of a refusal', () => {
  expect(take('44{"message":"not you"}')).toEqual({ refused: '{"message":"not you"}' });
  expect(take('41')).toEqual({ refused: 'it disconnected the client from its namespace' });
  expect(take('1')).toEqual({ refused: 'it closed the Engine.IO connection' });
});

test('wraps text into one frame, and bytes into two', () => {
  const admin = sessionOf('ws://h/admin');
  expect(socketIo.wrap!(Buffer.from('a"ü'), true, admin)).toEqual([{ data: '42/admin,["message","a\\"ü"]' }]);
  const bytes = Buffer.from([0, 255]);
  expect(socketIo.wrap!(bytes, false, main)).toEqual([
    { data: '451-["message",{"_placeholder":true,"num":0}]' },
    { data: bytes },
  ]);
});
