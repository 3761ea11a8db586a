/** What each reference server does, in a line. */
import type { ReferenceTarget } from '../options';

export const DESCRIPTIONS: Record<ReferenceTarget, string> = {
  ringcast: 'a hub: what a connection sends, everybody on its path gets',
  'ws-loop': 'the library ws: the same by a loop of send',
  'ws-broadcastchannel': 'threads that publish over a BroadcastChannel to a loop of send',
  'socket.io': 'Socket.IO: the same by its events (needs the package socket.io)',
  sink: 'takes messages and answers nothing',
  echo: 'a hub: each connection gets back what it sends',
};
