import { nearestName } from '../../../../src/main/config/nearest-name';

describe('the nearest name', () => {
  test.each([
    ['prot', 'port'],
    ['Port', 'port'],
    ['hots', 'host'],
    ['maxConections', 'maxConnections'],
    ['channel', 'channels'],
  ])('of %s is %s', (typed, meant) => {
    expect(nearestName(typed, ['host', 'port', 'maxConnections', 'channels'])).toBe(meant);
  });

  test.each(['x', 'xy', 'tls', 'somethingElse', ''])('of %j is none', (typed) => {
    expect(nearestName(typed, ['host', 'port', 'maxConnections', 'channels'])).toBeUndefined();
  });
});
