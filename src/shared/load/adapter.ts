/**
 * How a client speaks with a server whose messages are not bare payloads. `raw` and `socket.io` are built in; a module given by
 * `--script` exports one as `adapter` or as its default. It is loaded in each load thread; one object serves every
 * connection of the thread, so what belongs to a connection goes into `session`.
 */
export interface Adapter {
  readonly name: string;
  /** Changes the URL before it is dialled: a path, a query. */
  url?(url: URL): URL;
  readonly subprotocols?: string[];
  /**
   * The connection is open. What it answers is sent, in order. The client counts as open once `message` has answered `ready`,
   * or at once where the adapter has no `message`.
   */
  open?(session: AdapterSession): Outgoing[] | undefined;
  /** Wraps a payload to be published. Absent: the payload as it is. */
  wrap?(payload: Uint8Array, text: boolean, session: AdapterSession): Outgoing[];
  /**
   * A whole message came. `bytes` is valid during the call only.
   * The stamp is looked for in `payload`, or in all of the message where that is undefined.
   */
  message?(bytes: Uint8Array, binary: boolean, session: AdapterSession): Incoming;
  /** What a client has to say every so often, open or not. */
  heartbeat?: { everyMs: number; messages(session: AdapterSession): Outgoing[] };
}

export interface AdapterSession {
  readonly client: number;
  /** What was dialled, changed by `url` if the adapter does that. */
  readonly url: URL;
  /** Whether it publishes. */
  readonly publisher: boolean;
  /** Whatever the adapter keeps for this connection. */
  state: unknown;
}

export interface Outgoing {
  data: string | Uint8Array;
}

export interface Incoming {
  /** Part of the protocol, no message of the test. */
  control?: boolean;
  /** The client is ready: it counts as open. */
  ready?: boolean;
  /** Sent at once: answers of the protocol, such as to its own pings. */
  reply?: Outgoing[];
  payload?: Uint8Array;
  /** Instead of `payload`, where one message of the protocol brought several of the test. */
  payloads?: Uint8Array[];
  /** The server refused: the connection is given up, with this reason. */
  refused?: string;
}
