/**
 * Handler modules: application code that runs in the service thread, as the protocol callbacks of libwebsockets did.
 *
 * They run between fan-outs: whatever they do delays every connection, so they should do little.
 */
import { HubError, HubErrorCode } from '../../shared/errors';
import type { FragmentInfo, GapReport } from '../../shared/inbound';
import { firstLine, requireOrImport } from '../../shared/module-loader';
import type { ReceiveMode } from '../../shared/options';
import type { MessageOptions, OutgoingMessage } from '../../shared/outgoing-message';

/** A connection, as a handler sees it. */
export interface HandlerConnection {
  readonly id: number;
  /** The channel that the handshake named. */
  readonly channel: string;
  readonly remoteAddress: string;
  /** Who it is, where `authorize` said so. */
  readonly identity: unknown;
  /** For the handler's own use: whatever it wants to remember of this connection. At first what `authorize` answered as `data`. */
  data: unknown;
  /** Sends to this peer alone, behind what its channels had until now. @returns false if it is closing */
  send(data: string | Uint8Array): boolean;
  /**
   * Begins a message to this peer that is sent in fragments, of any length, without ever being whole in memory: see
   * `OutgoingMessage`. Its place among the peer's messages is where its first fragment is written.
   */
  beginMessage(options?: MessageOptions): OutgoingMessage;
  /**
   * @returns false if it has the channel already, or the hub does not allow it
   * @throws {TypeError | RangeError} if that can be no channel's name
   */
  subscribe(channel: string): boolean;
  /** @returns false if it did not have the channel */
  unsubscribe(channel: string): boolean;
  /**
   * Puts off when the connection is closed with 4401, to a time in ms since 1970; infinite: it is not.
   *
   * @returns false if it is closing
   */
  renew(expiresAtMs: number): boolean;
  close(code?: number, reason?: string): void;
  /** Stops reading from this peer, until `resume`. */
  pause(): void;
  resume(): void;
}

/**
 * What a handler module may export. A channel whose handler has `onMessage` (or, receiving fragments, `onFragment`) keeps
 * its messages from the application's events.
 */
export interface HandlerModule {
  onConnection?(connection: HandlerConnection): void | Promise<void>;
  /** `data` is a string for a text message. */
  onMessage?(connection: HandlerConnection, data: string | Uint8Array): void | Promise<void>;
  /**
   * A piece of a message, on a channel that receives fragments: `onMessage` is not called there.
   *
   * `bytes` are valid during the call: copy what must stay. A text message comes as bytes too. The message is complete
   * only with `fragment.final && fragment.remaining === 0`.
   */
  onFragment?(connection: HandlerConnection, bytes: Uint8Array, fragment: FragmentInfo): void | Promise<void>;
  /**
   * The peer is behind and does not get every message of a channel (`slow: 'skip'` or `'conflate'`): told when that begins
   * and when it is over.
   */
  onGap?(connection: HandlerConnection, gap: GapReport): void | Promise<void>;
  /** The connection is gone: `send` does nothing any more. */
  onClose?(connection: HandlerConnection, code: number, reason: string): void | Promise<void>;
}

/** What a handler exports in vain on a channel that receives in this way: it is probably not what was meant. */
export function uncalledFunction(handler: HandlerModule, receive: ReceiveMode): string | undefined {
  const { onMessage, onFragment } = handler;
  if (receive === 'fragments')
    return onMessage !== undefined && onFragment === undefined ? 'onMessage' : undefined;
  return onFragment !== undefined && onMessage === undefined ? 'onFragment' : undefined;
}

const FUNCTIONS = ['onConnection', 'onMessage', 'onFragment', 'onGap', 'onClose'] as const;

/**
 * Loads a module, CommonJS or ESM.
 *
 * @throws {HubError} HANDLER_LOAD_FAILED if it cannot be loaded, or exports none of the functions
 */
export async function loadHandlerModule(file: string): Promise<HandlerModule> {
  let module: HandlerModule & { default?: HandlerModule };
  try {
    module = await requireOrImport(file);
  } catch (cause) {
    throw new HubError(
      HubErrorCode.HANDLER_LOAD_FAILED,
      `handler ${file} could not be loaded: ${firstLine((cause as Error).message)}`,
      { cause },
    );
  }
  const exported = FUNCTIONS.some((name) => typeof module[name] === 'function')
    ? module
    : (module.default ?? {});
  if (!FUNCTIONS.some((name) => typeof exported[name] === 'function')) {
    throw new HubError(
      HubErrorCode.HANDLER_LOAD_FAILED,
      `handler ${file} exports none of ${FUNCTIONS.join(', ')}`,
    );
  }
  return exported;
}
