/** What the kernel says of this process's sockets. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LOCAL_PORT = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /;

/** The files behind all TCP sockets that have this port and an owner, as `/proc/self/fd` names them. */
export function socketsOfPort(port: number): string[] {
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((table) => readFileSync(table, 'latin1').split('\n').slice(1))
    .filter((line) => Number.parseInt(LOCAL_PORT.exec(line)?.[1] ?? '0', 16) === port)
    .map((line) => line.trim().split(/\s+/)[9])
    .filter((inode) => inode !== '0') // nobody has accepted it yet, or everybody has closed it
    .map((inode) => `socket:[${inode}]`);
}

/** For which events each descriptor of this process stands in an epoll set. It is brought up to date once an iteration of the event loop. */
export function epollEvents(): Map<number, number> {
  const events = new Map<number, number>();
  for (const fd of readdirSync('/proc/self/fd')) {
    if (fileBehind(fd) !== 'anon_inode:[eventpoll]') continue;
    for (const [, watched, mask] of readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1').matchAll(
      /^tfd:\s+(\d+) events:\s+([0-9a-f]+)/gm,
    ))
      events.set(Number(watched), Number.parseInt(mask, 16));
  }
  return events;
}

function fileBehind(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // that of the folder that was just read
  }
}
