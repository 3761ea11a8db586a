import { LogLevel, type LogRecord, log, logStats, setLogLevel } from '../../../../src/shared/log';
import { Emission } from '../../../../src/shared/log/emission';
import { makeRecord } from '../../../../src/shared/log/record';

const record = (text: string) => makeRecord(LogLevel.NOTICE, 'main', text);

/** Nothing may come to standard error but what is expected: it is the tests' own. */
describe('an emitter', () => {
  it('gets every line, and their number is known', () => {
    const emission = new Emission();
    const seen: LogRecord[] = [];
    emission.replace((line) => seen.push(line));
    const lines = [record('one'), { ...record('two'), similar: 5 }];
    for (const line of lines) emission.emit(line);
    expect(seen).toEqual(lines);
    expect([emission.emitted, emission.similar, emission.failed]).toEqual([2, 5, 0]);
  });

  it('that throws, or rejects, costs nobody anything: the lines are counted and go to standard error', async () => {
    const emission = new Emission();
    let rejected = 0;
    emission.replace(({ message }) => {
      if (message === 'later') return Promise.reject(new Error('later')).finally(() => rejected++);
      throw new Error('at once');
    });
    emission.emit(record('this line and the next are part of a test'));
    emission.emit(record('later'));
    await new Promise(setImmediate);
    expect([rejected, emission.failed, emission.emitted]).toEqual([1, 2, 2]);
  });

  it('that logs does not call itself', () => {
    const levels: string[] = [];
    setLogLevel('notice', ({ level }) => {
      levels.push(level);
      log.err('said by an emitter: part of a test');
    });
    log.notice('once');
    setLogLevel('none');
    expect(levels).toEqual(['notice']);
  });
});

describe('setLogLevel', () => {
  afterEach(() => setLogLevel('none', () => {}));

  it('lets through the levels that it is given, and no others', () => {
    const seen: string[] = [];
    setLogLevel(LogLevel.ERR | LogLevel.DEBUG, ({ level }) => seen.push(level));
    for (const level of ['err', 'warn', 'notice', 'info', 'debug'] as const) log[level]('a line');
    setLogLevel('info');
    for (const level of ['err', 'warn', 'notice', 'info', 'debug'] as const) log[level]('another');
    expect(seen).toEqual(['err', 'debug', 'err', 'warn', 'notice', 'info']);
  });

  it('leaves the emitter as it is with null, or without one', () => {
    const seen: string[] = [];
    setLogLevel('notice', ({ message }) => seen.push(message));
    setLogLevel('notice', null);
    log.notice('still here');
    setLogLevel('notice');
    log.notice('and here');
    expect(seen).toEqual(['still here', 'and here']);
  });

  it('refuses what is no emitter, and then changes nothing', () => {
    const seen: string[] = [];
    setLogLevel('notice', ({ message }) => seen.push(message));
    expect(() => setLogLevel('debug', 'stderr' as never)).toThrow(
      'emit is string: it must be a function, or null',
    );
    expect(() => setLogLevel('loud' as never, () => {})).toThrow('levels has "loud"');
    log.debug('not logged');
    log.notice('logged');
    expect(seen).toEqual(['logged']);
  });

  it('does not make a call fail, whatever it is given', () => {
    const seen: unknown[] = [];
    setLogLevel('err', ({ message, connection }) => seen.push([message, connection]));
    log.err(new Error('no') as never);
    log.err('null', null as never);
    log.err('tags', { connection: 10n, kind: Symbol('kind') } as never);
    log.err(undefined as never, { connection: 'a\nb' } as never);
    expect(seen).toEqual([
      ['Error: no', undefined],
      ['null', undefined],
      ['tags', undefined],
      ['undefined', undefined],
    ]);
  });

  it('holds back repeated lines, by their text or by the kind that they are given', () => {
    let emitted = 0;
    setLogLevel('notice', () => emitted++);
    const before = logStats();
    for (let i = 0; i < 50; i++) log.notice('the same', { connection: i });
    for (let i = 0; i < 50; i++) log.notice(`number ${i}`);
    for (let i = 0; i < 50; i++) log.notice(`of a kind ${i}`, { kind: 'test' });
    expect(emitted).toBe(10 + 50 + 10);
    expect(logStats().emitted - before.emitted).toBe(emitted);
  });
});
