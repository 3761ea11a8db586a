import { ATTACKS, tryAttack } from '../support/attacks';

/** The short form of `npm run attack`: what every attack must leave as it was. How late witnesses get theirs is for the long one. */
const SEED = 20_261_124;

describe('a hub survives, and its other peers lose nothing, while hostile ones try', () => {
  test.each(ATTACKS.map((attack) => [attack.name, attack] as const))('%s', async (_name, attack) => {
    const { faults, witnessed, outcomes } = await tryAttack(attack, 'short', SEED);
    expect({ faults, outcomes }).toEqual({ faults: [], outcomes });
    expect(witnessed).toBeGreaterThan(0);
  });
});
