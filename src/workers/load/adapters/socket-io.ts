/**
 * Socket.IO over WebSocket alone: Engine.IO 4 with the Socket.IO protocol 5 inside. Messages of the test are events named `message`,
 * with one argument. The path of the URL names the namespace, as with Socket.IO's own client.
 *
 *     client                          server
 *       ─────────── upgrade ───────────▶
 *       ◀── 0{"sid":…} ───────────────      Engine.IO: open
 *       ─── 40/namespace, ────────────▶      Socket.IO: connect
 *       ◀── 40/namespace,{"sid":…} ───      ready
 *       ◀── 2 ── 3 ───────────────────▶      ping, pong
 *       ─── 42["message","text"] ─────▶      an event, either way
 *       ─── 451-["message",{"_placeholder":true,"num":0}], then one binary frame ───▶
 */
import type { Adapter, AdapterSession, Incoming, Outgoing } from '../../../shared/load/adapter';

const ENGINE_PATH = '/socket.io/';
const EVENT = 'message';
const [BACKSLASH, QUOTE] = [0x5c, 0x22];
/** Of Engine.IO. */
const Packet = { OPEN: 0x30, CLOSE: 0x31, PING: 0x32, PONG: 0x33, MESSAGE: 0x34, NOOP: 0x36 } as const;
/** Of Socket.IO, within an Engine.IO message. */
const Kind = { CONNECT: 0x30, DISCONNECT: 0x31, EVENT: 0x32, ERROR: 0x34, BINARY_EVENT: 0x35 } as const;

const CONTROL: Incoming = { control: true };
const PONG: Incoming = { control: true, reply: [{ data: '3' }] };
/** How an event of the test begins, behind its namespace, and ends. */
const OPENING = Buffer.from(`["${EVENT}","`);
const ENDING = Buffer.from('"]');

export const socketIo: Adapter = {
  name: 'socket.io',

  url(url: URL): URL {
    const changed = new URL(url);
    const namespace = isEnginePath(url.pathname) || url.pathname === '/' ? '' : `${url.pathname},`;
    changed.pathname = ENGINE_PATH;
    changed.searchParams.set('EIO', '4');
    changed.searchParams.set('transport', 'websocket');
    changed.hash = namespace; // which is not sent, and tells the sessions
    return changed;
  },

  wrap(payload: Uint8Array, text: boolean, session: AdapterSession): Outgoing[] {
    const namespace = namespaceOf(session);
    if (text) return [{ data: `42${namespace}["${EVENT}",${JSON.stringify(textOf(payload))}]` }];
    return [{ data: `451-${namespace}["${EVENT}",{"_placeholder":true,"num":0}]` }, { data: payload }];
  },

  message(bytes: Uint8Array, binary: boolean, session: AdapterSession): Incoming {
    if (binary) return { payload: bytes };
    switch (bytes[0]) {
      case Packet.PING:
        return PONG;
      case Packet.OPEN:
        return { control: true, reply: [{ data: `40${namespaceOf(session)}` }] };
      case Packet.CLOSE:
        return { refused: 'it closed the Engine.IO connection' };
      case Packet.MESSAGE:
        return ofSocketIo(bytes);
      default:
        return CONTROL;
    }
  },
};

function ofSocketIo(bytes: Uint8Array): Incoming {
  switch (bytes[1]) {
    case Kind.EVENT:
      return ofEvent(bytes);
    case Kind.CONNECT:
      return { control: true, ready: true };
    case Kind.ERROR:
      return { refused: textOf(bytes.subarray(2)) };
    case Kind.DISCONNECT:
      return { refused: 'it disconnected the client from its namespace' };
    default:
      return CONTROL; // of a binary event the attachment is the message
  }
}

/** The text of an event of the test as it was given; of another event the whole of it. */
function ofEvent(bytes: Uint8Array): Incoming {
  const from = bytes.indexOf(OPENING[0]!);
  const argument = bytes.subarray(from + OPENING.length, -ENDING.length);
  const isOurs = from >= 0 && OPENING.equals(bytes.subarray(from, from + OPENING.length));
  if (!isOurs || !ENDING.equals(bytes.subarray(-ENDING.length))) return {};
  if (!argument.includes(BACKSLASH)) return argument.includes(QUOTE) ? {} : { payload: argument };
  const parsed: unknown = JSON.parse(textOf(bytes.subarray(from)))[1];
  return { payload: Buffer.from(String(parsed)) };
}

function isEnginePath(pathname: string): boolean {
  return pathname.replace(/\/*$/, '/') === ENGINE_PATH;
}

/** `/name,`, or nothing for the main one. */
function namespaceOf({ url }: AdapterSession): string {
  return url.hash.slice(1);
}

function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('utf8');
}
