// Random fragments both ways, checksummed, in the spirit of libwebsockets' test-fraggle: neither side ever holds a message.
// The peer sends messages cut at random places; the hub answers each with one of its own, cut at other random places. The
// last 32 bytes of a message are the SHA-256 of those before: whoever receives it checks them.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const MESSAGES = 25;
const LONGEST_MESSAGE = 400_000;
const LONGEST_FRAGMENT = 20_000;
const DIGEST_BYTES = 32;

/** The fragments of a message: random bytes, then their checksum, cut anywhere. */
function* randomFragments() {
  const body = randomBytes(randomInt(LONGEST_MESSAGE));
  const message = Buffer.concat([body, createHash('sha256').update(body).digest()]);
  let at = 0;
  while (at < message.length) {
    const end = Math.min(at + randomInt(LONGEST_FRAGMENT), message.length); // some are empty
    yield { bytes: message.subarray(at, end), last: end === message.length };
    at = end;
  }
}

/** Checks one message, piece by piece. It keeps the newest 32 bytes only: they may be the checksum. */
class Checker {
  #hash = createHash('sha256');
  #tail = Buffer.alloc(0);

  push(bytes) {
    const seen = Buffer.concat([this.#tail, bytes]);
    const known = Math.max(0, seen.length - DIGEST_BYTES);
    this.#hash.update(seen.subarray(0, known));
    this.#tail = seen.subarray(known);
  }

  get right() {
    return this.#hash.digest().equals(this.#tail);
  }
}

// The hub: 'fragment' comes piece by piece, also within a frame. The message is complete only when both say so.
const hub = await createHub({ channels: { fraggle: { receive: 'fragments' } } });
const atHub = { messages: 0, right: 0, inside: 0 };
let checker;

hub.on('fragment', ({ id }, bytes, { first, final, remaining }) => {
  if (first) checker = new Checker();
  checker.push(bytes);
  if (remaining > 0) atHub.inside++; // more of this very frame is still to come
  if (!final || remaining > 0) return;
  atHub.messages++;
  if (checker.right) atHub.right++;
  void answer(id);
});

async function answer(id) {
  const message = hub.beginMessage(id);
  for (const { bytes, last } of randomFragments()) {
    if (!(await (last ? message.end(bytes) : message.write(bytes)))) return; // the peer is gone
  }
}

// The peer, by the library ws.
const atPeer = { messages: 0, right: 0 };
const peer = new WebSocket(`${hub.url}/fraggle`);
await new Promise((resolve) => peer.once('open', resolve));
const answered = new Promise((resolve) => {
  peer.on('message', (data) => {
    const checker = new Checker();
    checker.push(data);
    if (checker.right) atPeer.right++;
    if (++atPeer.messages === MESSAGES) resolve();
  });
});

let sent = 0;
for (let message = 0; message < MESSAGES; message++) {
  for (const { bytes, last } of randomFragments()) {
    peer.send(bytes, { fin: last });
    sent++;
  }
}
await answered;
console.log(`the peer sent ${MESSAGES} messages in ${sent} fragments`);
console.log(
  `the hub took ${atHub.messages}, ${atHub.right} with the right checksum; ${atHub.inside} pieces came inside a frame`,
);
console.log(`the peer took ${atPeer.messages} answers, ${atPeer.right} with the right checksum`);
await hub.close();
