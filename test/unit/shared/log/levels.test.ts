import { LogLevel, type LogLevels, levelMask } from '../../../../src/shared/log';

const { ERR, WARN, NOTICE, INFO, DEBUG } = LogLevel;

describe('levels', () => {
  test.each<[LogLevels, number]>([
    ['err', ERR],
    ['warn', ERR | WARN],
    ['notice', ERR | WARN | NOTICE],
    ['info', ERR | WARN | NOTICE | INFO],
    ['debug', ERR | WARN | NOTICE | INFO | DEBUG],
    ['none', 0],
    [['debug'], DEBUG],
    [['info', 'err'], ERR | INFO],
    [[], 0],
    [0, 0],
    [ERR | DEBUG, ERR | DEBUG],
    [31, 31],
  ])('%j: a name is that level and above, an array exactly these, a number a mask', (levels, mask) => {
    expect(levelMask(levels)).toBe(mask);
  });

  test.each<[unknown, string]>([
    ['loud', 'logLevel has "loud": the levels are err, warn, notice, info, debug'],
    ['', 'logLevel has ""'],
    [['err', 'none'], 'logLevel has "none"'],
    [32, 'logLevel is 32: a mask is an integer from 0 to 31'],
    [-1, 'logLevel is -1'],
    [1.5, 'logLevel is 1.5'],
    [Number.NaN, 'logLevel is NaN'],
    [null, 'logLevel is null: it must be'],
    [{}, 'logLevel is {}: it must be'],
    [undefined, 'logLevel is undefined'],
  ])('%j is refused, with the value and what is allowed', (levels, message) => {
    expect(() => levelMask(levels as LogLevels, 'logLevel')).toThrow(message);
  });
});
