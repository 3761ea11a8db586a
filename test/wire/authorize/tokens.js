/** An `authorize` for tests, in the service thread. What it does, the request's query says. */
const { setTimeout: wait } = require('node:timers/promises');

exports.authorize = async (request, { signal }) => {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '');
  switch (query.get('do')) {
    case 'let-in':
      return {
        identity: { user: query.get('user'), saw: request.remoteAddress, protocols: request.protocols },
        channels: query.get('channels')?.split(','),
        protocol: query.get('protocol') ?? undefined,
        expiresAtMs: query.has('ms') ? Date.now() + Number(query.get('ms')) : undefined,
      };
    case 'deny':
      return {
        status: Number(query.get('status')),
        reason: 'not you',
        retryAfterSeconds: 9,
        headers: { 'X-Why': 'test' },
      };
    case 'false':
      return false;
    case 'nonsense':
      return 'yes';
    case 'throw':
      throw new Error(`the token ${query.get('token')} of ${request.headers.authorization} is bad`);
    case 'hang':
      await wait(60_000, undefined, { signal }).catch(() => {});
      return true;
    default:
      return true;
  }
};
