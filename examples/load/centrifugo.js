/**
 * Loads a Centrifugo server (its JSON protocol over WebSocket, https://centrifugal.dev/docs/transports/client_protocol):
 *
 *     CENTRIFUGO_CHANNEL=bench ringcast bench ws://127.0.0.1:8000/connection/websocket --script examples/load/centrifugo.js --text
 *
 * CENTRIFUGO_TOKEN_FILE names a file with a connection token (JWT); without one the server must allow anonymous clients. Publishers
 * need the permission to publish to the channel.
 */
const { readFileSync } = require('node:fs');

const channel = process.env.CENTRIFUGO_CHANNEL ?? 'bench';
const tokenFile = process.env.CENTRIFUGO_TOKEN_FILE;
const token = tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8').trim();

const CONNECT = 1;
const SUBSCRIBE = 2;
const FIRST_PUBLISH = 3;

const command = (content) => ({ data: JSON.stringify(content) });

/** @type {import('ringcast/load').Adapter} */
exports.adapter = {
  name: 'centrifugo',

  open(session) {
    session.state = { nextId: FIRST_PUBLISH };
    return [command({ id: CONNECT, connect: token === undefined ? {} : { token } })];
  },

  wrap(payload, _text, session) {
    const data = Buffer.from(payload).toString('utf8');
    return [command({ id: session.state.nextId++, publish: { channel, data } })];
  },

  /** A message of the protocol holds one reply or push a line. */
  message(bytes, _binary, session) {
    const incoming = { control: true, reply: [], payloads: [] };
    for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
      if (line.trim() !== '') take(JSON.parse(line), session, incoming);
    }
    if (incoming.payloads.length > 0) incoming.control = false;
    return incoming;
  },
};

function take(reply, session, incoming) {
  const { id, error, push } = reply;
  if (error !== undefined) {
    incoming.refused = `${error.message} (${error.code})`;
  } else if (push !== undefined) {
    if (push.pub !== undefined) incoming.payloads.push(Buffer.from(textOf(push.pub.data)));
    if (push.disconnect !== undefined) incoming.refused = push.disconnect.reason;
  } else if (id === undefined) {
    incoming.reply.push({ data: '{}' }); // an empty reply is a ping, and so is its answer
  } else if (id === CONNECT && !session.publisher) {
    incoming.reply.push(command({ id: SUBSCRIBE, subscribe: { channel } }));
  } else if (id === CONNECT || id === SUBSCRIBE) {
    incoming.ready = true;
  }
}

/** Data that we published is a text; of others it may be anything. */
function textOf(data) {
  return typeof data === 'string' ? data : JSON.stringify(data);
}
