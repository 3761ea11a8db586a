import type http from 'node:http';
import type { Socket } from 'node:net';
import { Clients } from '../../../../../src/workers/service/handshake/client';

function clientOf(
  address: string,
  headers: http.IncomingHttpHeaders,
  {
    trustedProxies = ['10.0.0.0/8'],
    forwardedHeader = 'x-forwarded-for' as 'x-forwarded-for' | 'forwarded',
  } = {},
) {
  const clients = new Clients({ trustedProxies, forwardedHeader });
  return clients.of({ headers } as http.IncomingMessage, { remoteAddress: address } as Socket);
}

describe('the client behind proxies', () => {
  it('is whoever connected, where that is no trusted proxy: what it says is not looked at', () => {
    const headers = { host: 'hub', 'x-forwarded-for': '1.2.3.4', 'x-forwarded-host': 'evil' };
    expect(clientOf('192.0.2.1', headers)).toEqual({ address: '192.0.2.1', host: 'hub' });
    expect(clientOf('10.0.0.1', headers, { trustedProxies: [] })).toEqual({
      address: '10.0.0.1',
      host: 'hub',
    });
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9, 10.0.0.7', '203.0.113.9'],
    ['10.0.0.8, 10.0.0.7', '10.0.0.8'],
    ['203.0.113.9:5000', '203.0.113.9'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]:5000', '2001:db8::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, unknown', '10.0.0.1'],
    ['203.0.113.9, unknown, 10.0.0.7', '10.0.0.7'],
    ['', '10.0.0.1'],
    [`${'1.1.1.1,'.repeat(500)}203.0.113.9`, '203.0.113.9'],
  ])('is by X-Forwarded-For %s the last that is no trusted proxy: %s', (header, expected) => {
    expect(clientOf('10.0.0.1', { host: 'hub', 'x-forwarded-for': header }).address).toBe(expected);
  });

  it('is by Forwarded what for= says, and by one of the two headers only', () => {
    const headers = {
      forwarded: 'for=1.1.1.1, for="[2001:db8::1]:80";proto=https',
      'x-forwarded-for': '9.9.9.9',
    };
    expect(clientOf('::ffff:10.0.0.1', headers, { forwardedHeader: 'forwarded' }).address).toBe(
      '2001:db8::1',
    );
    expect(clientOf('10.0.0.1', { forwarded: 'for=1.1.1.1' }).address).toBe('10.0.0.1');
    expect(
      clientOf('10.0.0.1', { forwarded: 'For="_hidden"' }, { forwardedHeader: 'forwarded' }).address,
    ).toBe('10.0.0.1');
  });

  it('asked for the host that the proxy tells of', () => {
    expect(clientOf('10.0.0.1', { host: 'inner:8080', 'x-forwarded-host': 'app.example.com' }).host).toBe(
      'app.example.com',
    );
  });
});
