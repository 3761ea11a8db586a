/**
 * Sends datagrams to systemd (sd_notify(3)). Node has no unix datagram sockets: the optional package `unix-dgram` has, and
 * without it the program `systemd-notify` does it, which needs `NotifyAccess=all` in the unit.
 *
 * Thread: the main one. (A second thread that loads unix-dgram crashes the process.)
 */
import { execFile } from 'node:child_process';
import { log } from '../../shared/log';

/** `systemd-notify` waits until systemd has taken the message. */
const CHILD_LIMIT_MS = 5_000;

/** The part of unix-dgram that is used. */
interface DatagramModule {
  createSocket(type: 'unix_dgram'): {
    on(event: 'error', listener: (error: Error) => void): void;
    send(bytes: Buffer, offset: number, length: number, path: string, done: (error?: Error) => void): void;
    close(): void;
  };
}

/** Sends one message; resolves when it is gone, rejects if it cannot be sent. */
export type SendToSystemd = (message: string) => Promise<void>;

/** @param socketPath what `NOTIFY_SOCKET` says */
export function openSystemdSocket(socketPath: string): SendToSystemd {
  const datagrams = socketPath.startsWith('/') ? loadDatagrams() : undefined;
  const send: SendToSystemd = (message) =>
    datagrams === undefined ? byChild(socketPath, message) : byDatagram(datagrams, socketPath, message);
  let last = Promise.resolve();
  let complained = false;
  // One after the other: children would overtake each other.
  return (message) => {
    last = last
      .then(() => send(message))
      .catch((error: Error) => {
        if (!complained) log.warn(`cannot tell systemd how it stands: ${error.message}`);
        complained = true;
      });
    return last;
  };
}

function loadDatagrams(): DatagramModule | undefined {
  try {
    return require('unix-dgram') as DatagramModule;
  } catch {
    return undefined;
  }
}

function byDatagram(datagrams: DatagramModule, socketPath: string, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = datagrams.createSocket('unix_dgram');
    socket.on('error', reject);
    const bytes = Buffer.from(message);
    socket.send(bytes, 0, bytes.length, socketPath, (error) => {
      socket.close();
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}

function byChild(socketPath: string, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NOTIFY_SOCKET: socketPath };
    execFile('systemd-notify', message.split('\n'), { env, timeout: CHILD_LIMIT_MS }, (error) => {
      if (error === null) resolve();
      else if (error.code === ('ENOENT' as unknown))
        reject(new Error('neither unix-dgram nor systemd-notify is here'));
      else reject(error);
    });
  });
}
