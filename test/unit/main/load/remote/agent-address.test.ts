import { parseAgentAddress } from '../../../../../src/main/load/remote/agent-address';

describe('the address of an agent', () => {
  test.each([
    ['10.0.0.7:7070', { host: '10.0.0.7', port: 7070, name: '10.0.0.7:7070' }],
    ['load-1.example.org', { host: 'load-1.example.org', port: 7070, name: 'load-1.example.org:7070' }],
    ['[::1]:9', { host: '::1', port: 9, name: '[::1]:9' }],
  ])('%s', (text, address) => {
    expect(parseAgentAddress(text)).toEqual(address);
  });

  test.each(['', ':7070', 'a:b', 'a:70700', '::1', 'ws://a:7070', 'me@a:7070', 'a b'])(
    '%j is none, and the error shows what one looks like',
    (text) => {
      expect(() => parseAgentAddress(text)).toThrow(/such as 10\.0\.0\.7:7070/);
    },
  );
});
