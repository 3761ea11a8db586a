/**
 * Which messages each client should have: who is there, from when on, until when. A client whose connection was lost is still
 * expected to get everything, for it is the server's, or the network's, doing that it does not; one that we let go is not.
 *
 * Thread: a load thread.
 */
import type { LoadBoard } from '../../shared/load/board';
import { type LoadPlan, Mode } from '../../shared/load/plan';
import type { Range } from '../../shared/load/shares';
import { type ClientAccount, type Published, StreamChecker } from '../../shared/load/stream-checker';
import type { ClientState } from './client-state';

interface Sums {
  expected: number;
  lost: number;
  lostDisconnected: number;
  lostSlow: number;
  /** By slow group. */
  lostOfGroup: number[];
}

export class Attendance {
  readonly checker: StreamChecker;
  readonly #board: LoadBoard;
  readonly #clients: readonly ClientState[];
  /** Of those that left. */
  readonly #left: Sums;
  #begun = false;
  #settled = false;

  constructor(plan: LoadPlan, range: Range, clients: readonly ClientState[], board: LoadBoard) {
    this.#board = board;
    this.#clients = clients;
    this.#left = zeros(plan.slow.length);
    this.checker = new StreamChecker({
      clients: clients.length,
      streams: streamsFor(plan),
      numberOf: (slot) => range.from + slot,
      mayBeBehind: (slot) => clients[slot]!.slowGroup >= 0,
    });
  }

  /** The schedule is known: whoever comes from now on joins in the middle. */
  begin(): void {
    this.#begun = true;
  }

  /** A connection is open. */
  came(client: ClientState): void {
    if (client.present) return; // it was lost, and has come back
    client.present = true;
    this.checker.join(client.slot, this.#begun ? 'first' : 0);
  }

  /** Its connection ended without our doing. It is expected to come back, and what comes then may begin anywhere. */
  lostConnection(client: ClientState): void {
    if (client.present) this.checker.cut(client.slot);
  }

  /** We let it go. */
  left(client: ClientState): void {
    if (!client.present) return;
    client.present = false;
    add(this.#left, client, this.checker.leave(client.slot));
  }

  /** What is missing as if the test ended now, onto the board. */
  settle(published: Published): void {
    this.#settled = true;
    const sums: Sums = { ...this.#left, lostOfGroup: [...this.#left.lostOfGroup] };
    for (const account of this.checker.accounts(published)) add(sums, this.#clients[account.slot]!, account);
    for (const name of ['expected', 'lost', 'lostDisconnected', 'lostSlow'] as const)
      this.#board.set(name, sums[name]);
    for (const [group, lost] of sums.lostOfGroup.entries()) this.#board.setSlow(group, 'lost', lost);
  }

  /** What is known to be missing while the test runs, for others have overtaken it. Once accounts were settled they say more. */
  tell(): void {
    if (this.#settled) return;
    this.#board.set('lost', this.#left.lost + this.checker.missing);
    this.#board.set('lostDisconnected', this.#left.lostDisconnected + this.checker.missedWithoutConnection);
  }
}

/** Streams that clients get. */
function streamsFor({ mode, publishers }: LoadPlan): number | 'own' {
  return mode === Mode.ECHO ? 'own' : publishers;
}

function zeros(groups: number): Sums {
  return { expected: 0, lost: 0, lostDisconnected: 0, lostSlow: 0, lostOfGroup: new Array(groups).fill(0) };
}

function add(sums: Sums, { slowGroup }: ClientState, { expected, lost, excused }: ClientAccount): void {
  sums.expected += expected;
  sums.lost += lost;
  sums.lostDisconnected += excused;
  if (slowGroup < 0) return;
  sums.lostSlow += lost;
  sums.lostOfGroup[slowGroup]! += lost;
}
