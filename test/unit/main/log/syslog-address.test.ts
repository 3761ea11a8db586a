import { openSyslog } from '../../../../src/main/log/syslog';
import { describeAddress, parseSyslogAddress } from '../../../../src/main/log/syslog-address';

describe('an address of syslog', () => {
  test.each([
    ['/dev/log', { kind: 'local', path: '/dev/log' }],
    ['unix-stream:/run/x.sock', { kind: 'stream', path: '/run/x.sock' }],
    ['udp://logs.example:5140', { kind: 'udp', host: 'logs.example', port: 5140 }],
    ['udp://10.0.0.1:514', { kind: 'udp', host: '10.0.0.1', port: 514 }],
    ['tcp://[::1]:601', { kind: 'tcp', host: '::1', port: 601 }],
    ['stderr', { kind: 'stderr' }],
  ])('%s', (text, address) => {
    expect(parseSyslogAddress(text)).toEqual(address);
    expect(describeAddress(parseSyslogAddress(text))).toBe(text === 'stderr' ? 'standard error' : text);
  });

  it('has the ports of IANA, if it names none', () => {
    expect(parseSyslogAddress('udp://h')).toMatchObject({ port: 514 });
    expect(parseSyslogAddress('TCP://h/')).toMatchObject({ kind: 'tcp', port: 601 });
  });

  test.each([
    '',
    'dev/log',
    'http://h',
    'udp://',
    'udp://h:0',
    'tcp://h:65536',
    'udp://a b',
    'unix-stream:x',
    'tcp://h:1/x',
  ])('%j is refused, with the value and what is allowed', (text) => {
    expect(() => parseSyslogAddress(text)).toThrow(
      `syslog address is ${JSON.stringify(text)}: it must be a path such as /dev/log, unix-stream:/path`,
    );
  });

  test.each([
    [{ ident: 'two words' }, 'ident is "two words": it must be 1 to 48 printable'],
    [{ ident: '' }, 'ident is ""'],
    [{ facility: 'kern' }, 'facility is "kern": it must be one of user, mail'],
    [{ facility: 'toString' }, 'facility is "toString"'],
    [{ mask: 99 }, 'mask is 99'],
    [{ framing: 'lf' }, 'framing is "lf"'],
    [{ address: 'nowhere' }, 'syslog address is "nowhere"'],
  ])('openSyslog refuses %j', (options, message) => {
    expect(() => openSyslog(options as never)).toThrow(message);
  });
});
