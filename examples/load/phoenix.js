/**
 * Loads a channel of a Phoenix application (protocol V2 over WebSocket, https://hexdocs.pm/phoenix/writing_a_channels_client.html):
 *
 *     PHOENIX_TOPIC=room:lobby ringcast bench ws://127.0.0.1:4000/socket/websocket --script examples/load/phoenix.js --text
 *
 * Publishers push the event PHOENIX_EVENT (`new_msg`) with `{ "body": text }`, and the channel is to broadcast the same to everybody, as in
 * Phoenix's own guide: `def handle_in("new_msg", %{"body" => body}, socket), do: broadcast!(socket, "new_msg", %{body: body})`.
 */
const topic = process.env.PHOENIX_TOPIC ?? 'room:lobby';
const event = process.env.PHOENIX_EVENT ?? 'new_msg';

const HEARTBEAT_MS = 30_000;
const JOIN_REF = '1';

/** Join reference, reference, topic, event, payload. */
const message = (joinRef, ref, to, name, payload) => ({
  data: JSON.stringify([joinRef, ref, to, name, payload]),
});

/** @type {import('ringcast/load').Adapter} */
exports.adapter = {
  name: 'phoenix',

  url(url) {
    url.searchParams.set('vsn', '2.0.0');
    return url;
  },

  open(session) {
    session.state = { nextRef: 2 };
    return [message(JOIN_REF, JOIN_REF, topic, 'phx_join', {})];
  },

  wrap(payload, _text, session) {
    const body = Buffer.from(payload).toString('utf8');
    return [message(JOIN_REF, String(session.state.nextRef++), topic, event, { body })];
  },

  message(bytes, binary) {
    if (binary) return { control: true }; // binary pushes are not used here
    const [joinRef, ref, from, name, payload] = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (from === topic && name === event) return { payload: Buffer.from(String(payload.body)) };
    if (name === 'phx_error' || name === 'phx_close') return { refused: `${name} of ${from}` };
    if (name === 'phx_reply' && joinRef === JOIN_REF && ref === JOIN_REF) return ofJoin(payload);
    return { control: true };
  },

  heartbeat: {
    everyMs: HEARTBEAT_MS,
    messages: (session) => [message(null, String(session.state.nextRef++), 'phoenix', 'heartbeat', {})],
  },
};

function ofJoin({ status, response }) {
  return status === 'ok'
    ? { control: true, ready: true }
    : { refused: `join of ${topic}: ${JSON.stringify(response)}` };
}
