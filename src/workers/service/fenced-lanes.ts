/** Tells of lanes whose bytes make no sense: their producers wrote over them. Thread: the service's. */
import { type Board, HubCounter } from '../../shared/board';
import { log } from '../../shared/log';

export class FencedLanes {
  readonly #board: Board;
  #told = 0;

  constructor(board: Board) {
    this.#board = board;
  }

  /** @param fenced how often a lane was skipped so far */
  look(fenced: number): void {
    if (fenced === this.#told) return;
    this.#board.countHub(HubCounter.LANES_FENCED, fenced - this.#told);
    this.#told = fenced;
    log.warn(`messages of a producer were skipped: its lane holds nonsense (${fenced} times so far)`, {
      kind: 'fenced',
    });
  }
}
