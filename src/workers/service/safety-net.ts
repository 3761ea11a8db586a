/** The safety net: had a wake-up been lost, this would find it, and say so. Expected: never. Thread: the service's. */
import { type Board, HubCounter } from '../../shared/board';
import { log } from '../../shared/log';

export class SafetyNet {
  readonly #board: Board;
  readonly #sleepsOverWork: () => boolean;
  #turnsAtLastLook = -1;

  /** @param sleepsOverWork whether the loop waits for the bell although there is work */
  constructor(board: Board, sleepsOverWork: () => boolean) {
    this.#board = board;
    this.#sleepsOverWork = sleepsOverWork;
  }

  /** @param turns how many turns there were so far @returns whether a turn is overdue */
  look(turns: number): boolean {
    const asleepSinceLastLook = turns === this.#turnsAtLastLook;
    this.#turnsAtLastLook = turns;
    if (!asleepSinceLastLook || !this.#sleepsOverWork()) return false;
    this.#board.countHub(HubCounter.SAFETY_WAKE_UPS, 1);
    log.warn('a wake-up was lost, the safety net found it: please report this');
    return true;
  }
}
