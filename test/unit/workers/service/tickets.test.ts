import type { SettledTicket } from '../../../../src/shared/settlements';
import { LogTickets } from '../../../../src/workers/service/tickets';

function tickets() {
  const told: [number, SettledTicket][] = [];
  return { log: new LogTickets((tag, settled) => told.push([tag, settled])), told };
}

describe('the tickets of a log', () => {
  it('settle with the last reader that passed or ended, each once', () => {
    const { log, told } = tickets();
    log.add({ tag: 1, ticket: 11 }, 5, 3);
    log.add({ tag: 2, ticket: 12 }, 7, 2);
    log.sent(0, 4);
    log.sent(4, 7);
    log.abandoned(4, 6);
    expect(told).toEqual([]);
    log.sent(2, 5);
    expect(told).toEqual([[1, [11, 3, 2, 0, 0, 1]]]);
    log.abandoned(6, 9);
    expect(told.slice(1)).toEqual([[2, [12, 2, 1, 0, 0, 1]]]);
    log.sent(0, 100);
    expect(told).toHaveLength(2);
  });

  it('count the message at the end of a write, and not the one at its start', () => {
    const { log, told } = tickets();
    log.add({ tag: 1, ticket: 1 }, 5, 1);
    log.sent(5, 9);
    log.sent(3, 4);
    expect(told).toEqual([]);
    log.sent(4, 5);
    expect(told).toEqual([[1, [1, 1, 1, 0, 0, 0]]]);
  });
});
