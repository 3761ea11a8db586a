/** The channels of one service thread, by name and by number. Thread: the service's. */
import type { Board } from '../../shared/board';
import { ANY_OTHER_CHANNEL, isChannelAllowed } from '../../shared/channel-name';
import type { ResolvedHubOptions } from '../../shared/options';
import { Channel } from './channel';
import type { HandlerModule } from './handler-module';
import { SlabPool } from './log-slab';
import type { TellSettled } from './tickets';

/** Why a channel cannot be had. */
export type NoChannel = 'not allowed' | 'too many';

export class ChannelTable {
  /** Memory of all channels' logs. */
  readonly pool = new SlabPool();
  readonly #board: Board;
  readonly #options: ResolvedHubOptions;
  readonly #handlers: ReadonlyMap<string, HandlerModule>;
  readonly #tell: TellSettled;
  readonly #byName = new Map<string, Channel>();
  readonly #byNumber: (Channel | undefined)[] = [];

  /**
   * Starts with the channels that the options name.
   *
   * @param known channels that are on the board already, from a service thread that died
   */
  constructor(
    board: Board,
    options: ResolvedHubOptions,
    handlers: ReadonlyMap<string, HandlerModule>,
    tell: TellSettled,
    known: readonly { channel: number; name: string }[],
  ) {
    this.#board = board;
    this.#options = options;
    this.#handlers = handlers;
    this.#tell = tell;
    for (const { channel, name } of known) this.#make(name, channel);
    for (const name of Object.keys(options.policies)) if (name !== ANY_OTHER_CHANNEL) this.named(name);
  }

  /** The channel `name`, made if need be. */
  named(name: string): Channel | NoChannel {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (!isChannelAllowed(this.#options.allowed, name)) return 'not allowed';
    const number = this.#board.add(Buffer.from(name, 'utf8'));
    return number === undefined ? 'too many' : this.#make(name, number);
  }

  numbered(number: number): Channel | undefined {
    return this.#byNumber[number];
  }

  [Symbol.iterator](): IterableIterator<Channel> {
    return this.#byName.values();
  }

  /** Lets go of a channel that nobody needs, unless the options or a producer name it. */
  retire(channel: Channel): void {
    if (channel.configured || !this.#board.remove(channel.number)) return;
    this.#byName.delete(channel.name);
    this.#byNumber[channel.number] = undefined;
  }

  #make(name: string, number: number): Channel {
    const { policies } = this.#options;
    const configured = name !== ANY_OTHER_CHANNEL && Object.hasOwn(policies, name);
    const policy = configured ? policies[name] : policies[ANY_OTHER_CHANNEL];
    const handler = policy.handler === undefined ? undefined : this.#handlers.get(policy.handler);
    const channel = new Channel(
      name,
      number,
      policy,
      handler,
      configured,
      this.#board,
      this.pool,
      this.#tell,
    );
    this.#byName.set(name, channel);
    this.#byNumber[number] = channel;
    return channel;
  }
}
