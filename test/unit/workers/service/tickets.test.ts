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
    log.count(0, 4, 'sent');
    log.count(4, 7, 'sent');
    log.count(4, 6, 'abandoned');
    expect(told).toEqual([]);
    log.count(2, 5, 'sent');
    expect(told).toEqual([[1, [11, 3, 2, 0, 0, 1]]]);
    log.count(6, 9, 'abandoned');
    expect(told.slice(1)).toEqual([[2, [12, 2, 1, 0, 0, 1]]]);
    log.count(0, 100, 'sent');
    expect(told).toHaveLength(2);
  });

  it('count the message at the end of a write, and not the one at its start', () => {
    const { log, told } = tickets();
    log.add({ tag: 1, ticket: 1 }, 5, 1);
    log.count(5, 9, 'sent');
    log.count(3, 4, 'sent');
    expect(told).toEqual([]);
    log.count(4, 5, 'sent');
    expect(told).toEqual([[1, [1, 1, 1, 0, 0, 0]]]);
  });
});
