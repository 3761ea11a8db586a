// Who may come in: signed tokens that say who it is, for which channels, and until when. As JWT (HS256), with node:crypto alone.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const SECRET = randomBytes(32); // of the one who issues tokens; a real one comes from a file

const hub = await createHub({
  authorize,
  channels: { orders: {}, news: {} },
  origins: ['same-host', 'https://app.example.com'], // pages elsewhere get 403
  maxConnectionsPerAddress: 100,
});
hub.on('connection', ({ channel, identity }) => console.log(`${identity.user} is in, on ${channel}`));

const inTime = await attempt('ann', issue({ sub: 'ann', channels: ['orders', 'news'], exp: inSeconds(60) }));
await attempt('forged', `${issue({ sub: 'root', channels: ['orders'], exp: inSeconds(60) }).slice(0, -2)}xx`);
await attempt('late', issue({ sub: 'bob', channels: ['orders'], exp: inSeconds(-1) }));
await attempt('elsewhere', issue({ sub: 'cleo', channels: ['news'], exp: inSeconds(60) }));
await attempt('nobody');

// A new token for ann puts off the end; without one her connection is closed with 4401 when the old one expires.
const [{ id }] = await hub.connections();
console.log(`renewed: ${await hub.renew(id, Date.now() + 3_600_000)}`);
await hub.renew(id, Date.now());
const [code, reason] = await once(inTime, 'close');
console.log(`closed with ${code}: ${reason}`);
const { unauthorized, forbidden } = (await hub.stats()).rejections;
console.log(`unauthorized: ${unauthorized}, forbidden: ${forbidden}`);
await hub.close();

/** Asked for every handshake, before there is a WebSocket. What it throws lets nobody in: 503. */
function authorize({ headers, url, channel }) {
  const token =
    /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ??
    new URLSearchParams(url.split('?')[1]).get('token');
  const claims = token && verify(token);
  if (!claims) return { status: 401, reason: 'a valid token is needed' };
  if (!claims.channels.includes(channel)) return { status: 403, reason: 'not this channel' };
  return { identity: { user: claims.sub }, channels: [channel], expiresAtMs: claims.exp * 1_000 };
}

/** @returns the claims of a token that we signed; undefined: we did not */
function verify(token) {
  const [header, payload, signature] = token.split('.');
  if (signature === undefined) return undefined;
  const given = Buffer.from(signature, 'base64url');
  const right = sign(`${header}.${payload}`);
  // In constant time: the time must not say how much of it was right. The algorithm is ours to say, never the token's.
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

function issue(claims) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${sign(content).toString('base64url')}`;
}

function sign(content) {
  return createHmac('sha256', SECRET).update(content).digest();
}

function inSeconds(seconds) {
  return Math.floor(Date.now() / 1_000) + seconds;
}

/** A peer on channel orders. Browsers cannot set headers: they would connect to `${url}/orders?token=${token}`. */
async function attempt(name, token) {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const peer = new WebSocket(`${hub.url}/orders`, { headers });
  const refused = once(peer, 'unexpected-response').then(([, { statusCode }]) => statusCode);
  const outcome = await Promise.race([once(peer, 'open').then(() => 'open'), refused]);
  console.log(`${name}: ${outcome}`);
  if (outcome !== 'open') peer.on('error', () => {}).terminate();
  return peer;
}
