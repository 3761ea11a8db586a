import { verdictOf } from '../../../src/shared/authorization';

describe('the answer of authorize', () => {
  it('lets in, and says who and where', () => {
    expect(verdictOf(true)).toEqual({ admitted: {} });
    const identity = { user: 'ann', roles: ['a'] };
    const verdict = verdictOf({ identity, channels: ['a', 'b'], expiresAtMs: 5, protocol: 'v1' });
    expect(verdict).toEqual({ admitted: { identity, channels: ['a', 'b'], expiresAtMs: 5, protocol: 'v1' } });
    identity.user = 'changed later';
    expect(verdict).toMatchObject({ admitted: { identity: { user: 'ann' } } });
    expect(verdictOf({})).toMatchObject({ admitted: {} });
  });

  it('keeps out', () => {
    expect(verdictOf(false)).toEqual({ denied: { status: 401 } });
    expect(verdictOf({ status: 503, retryAfterSeconds: 7, reason: 'wait', headers: { 'X-A': 'b' } })).toEqual(
      {
        denied: { status: 503, retryAfterSeconds: 7, reason: 'wait', headers: { 'X-A': 'b' } },
      },
    );
  });

  it.each([
    [undefined, 'authorize answered undefined: it must be true, false, or an object'],
    [null, 'authorize answered null'],
    ['yes', 'authorize answered string'],
    [1, 'authorize answered number'],
    [[], 'authorize answered object'],
    [{ allowed: false }, 'authorize answered "allowed": there are identity, channels'],
    [{ status: 200 }, 'status 200: it must be 401, 403 or 503'],
    [{ status: 403, identity: 'x' }, 'authorize answered "identity": there are status'],
    [{ identity: 'x'.repeat(5_000) }, 'an identity of 5002 bytes: the longest is 4096'],
    [{ identity: () => 1 }, 'an identity that JSON cannot tell'],
    [{ identity: 5n }, 'BigInt'],
    [{ channels: [] }, 'channels that are no list of 1 to 128 names'],
    [{ channels: 'a' }, 'channels that are no list'],
    [{ channels: ['a', 'a'] }, 'a name twice'],
    [{ channels: [''] }, 'channel name of 0 bytes'],
    [{ channels: ['*'] }, "'*' is not a channel"],
    [{ expiresAtMs: '5' }, 'expiresAtMs string'],
    [{ expiresAtMs: Number.NaN }, 'expiresAtMs NaN'],
    [{ protocol: 'a b' }, 'no subprotocol'],
    [{ status: 401, headers: { 'X-A': 'a\r\nSet-Cookie: b' } }, 'no line of ASCII'],
    [{ status: 401, headers: { 'X A': 'a' } }, 'it cannot be set'],
    [{ status: 401, headers: { 'Content-Length': '0' } }, 'it cannot be set'],
    [{ status: 503, retryAfterSeconds: -1 }, 'retryAfterSeconds -1'],
    [{ status: 403, reason: 'x'.repeat(2_000) }, 'a reason that is no text of up to 1024 bytes'],
  ])('%p is none: nobody comes in by mistake', (answer, message) => {
    expect(() => verdictOf(answer)).toThrow(message);
  });
});
