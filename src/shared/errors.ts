/**
 * What can fail in operation. Refusals are values (`'full'`, `'closed'`, `false`), misuse throws `TypeError` or
 * `RangeError`; everything else is a `HubError` with one of these codes.
 */
export const HubErrorCode = {
  /** Every lane of the ring has an owner: raise `ring.maxProducers`, or close producers that are done. */
  TOO_MANY_PRODUCERS: 'RINGCAST_E_TOO_MANY_PRODUCERS',
  /** A post or a subscription named a channel that is new, and there are `maxChannels` already. */
  TOO_MANY_CHANNELS: 'RINGCAST_E_TOO_MANY_CHANNELS',
  /** A producer could not introduce itself to the service thread: its lane will not come back when its thread ends. */
  INTRODUCTION_FAILED: 'RINGCAST_E_INTRODUCTION_FAILED',
  /** The service thread could not listen; `cause` has the system's error. */
  LISTEN_FAILED: 'RINGCAST_E_LISTEN_FAILED',
  /** The service thread ended for good, or never started. Posts answer `'closed'`; create a new hub. */
  SERVICE_GONE: 'RINGCAST_E_SERVICE_GONE',
  /** The service thread ended before it told what became of this, and was started again: nobody knows whether it was done. */
  SERVICE_RESTARTED: 'RINGCAST_E_SERVICE_RESTARTED',
  /** The service thread's loop did not go round for `serviceHangMs`: the cause of a restart. */
  SERVICE_HUNG: 'RINGCAST_E_SERVICE_HUNG',
  /** A call to the service thread was not answered in time: it is busy, or stuck. */
  CONTROL_TIMEOUT: 'RINGCAST_E_CONTROL_TIMEOUT',
  /** The call came after `close`. */
  CLOSED: 'RINGCAST_E_CLOSED',
  /** The hub's own lane has no room for a request: the service thread is behind. Try again. */
  BUSY: 'RINGCAST_E_BUSY',
  /** A channel's handler module could not be loaded. */
  HANDLER_LOAD_FAILED: 'RINGCAST_E_HANDLER_LOAD_FAILED',
  /** The module of `authorize`, or the file of tokens, could not be loaded. */
  AUTHORIZE_LOAD_FAILED: 'RINGCAST_E_AUTHORIZE_LOAD_FAILED',
  /** A function of a handler module threw; `cause` has what. Its connection was closed with 1011. */
  HANDLER_THREW: 'RINGCAST_E_HANDLER_THREW',
  /** The private socket for producers in other processes cannot be had: it is in use, or its place is not safe. */
  PRODUCER_SOCKET_FAILED: 'RINGCAST_E_PRODUCER_SOCKET_FAILED',
  /** `connectProducer`: no hub answers at the socket, or it is not one to trust, or it speaks another version. */
  CONNECT_FAILED: 'RINGCAST_E_CONNECT_FAILED',
  /** The connection of this process to its hub broke before the hub told what became of a message that it has. */
  CONNECTION_LOST: 'RINGCAST_E_CONNECTION_LOST',
  /** The adapter that a load test names could not be loaded, or is none. */
  ADAPTER_LOAD_FAILED: 'RINGCAST_E_ADAPTER_LOAD_FAILED',
  /** Daemons need Linux, and the main thread. */
  DAEMON_UNSUPPORTED: 'RINGCAST_E_DAEMON_UNSUPPORTED',
  /** A load test's generator ended, or stopped answering: a process of its own, or an agent on another host. */
  GENERATOR_GONE: 'RINGCAST_E_GENERATOR_GONE',
  /** A load test's generator in a process of its own, or an agent, answered with an error; `cause` has it. */
  GENERATOR_FAILED: 'RINGCAST_E_GENERATOR_FAILED',
  /** An agent cannot be reached, or is not one to trust. */
  AGENT_UNREACHABLE: 'RINGCAST_E_AGENT_UNREACHABLE',
  /** An agent answered, and will not work for us: another token, another version, busy. */
  AGENT_REFUSED: 'RINGCAST_E_AGENT_REFUSED',
  /** The server under test, where a load test starts it, could not be started, or ended by itself. */
  TARGET_FAILED: 'RINGCAST_E_TARGET_FAILED',
  /** Something threw that should not: a fault in ringcast. Please report it. */
  INTERNAL: 'RINGCAST_E_INTERNAL',
} as const;
export type HubErrorCode = (typeof HubErrorCode)[keyof typeof HubErrorCode];

/** A failure in operation. `code` is one of `HubErrorCode`, `cause` what lies behind it, if anything does. */
export class HubError extends Error {
  readonly code: HubErrorCode;

  constructor(code: HubErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'HubError';
    this.code = code;
  }
}
