/** Whether a server answers at all, before anything is made of it. */
import net from 'node:net';
import { CheckStatus, type DoctorCheck } from './doctor';
import { addressOf } from './target/server-address';

const TIMEOUT_MS = 3_000;

const REPAIRS: Record<string, string> = {
  ECONNREFUSED: 'start the server, or correct the port',
  ENOTFOUND: 'correct the name of the host',
  EAI_AGAIN: 'look at the name server of this machine: /etc/resolv.conf',
  EHOSTUNREACH: 'look at the route to it: ip route get ADDRESS',
  ENETUNREACH: 'look at the route to it: ip route get ADDRESS',
  TIMEOUT: 'look whether a firewall drops what comes to its port',
};

/** Opens a connection and closes it. */
export async function checkReachable(url: string): Promise<DoctorCheck> {
  const { host, port } = addressOf(url);
  const code = await connectCode(host, port);
  const where = `${host}:${port}`;
  if (code === undefined)
    return { name: 'server', status: CheckStatus.OK, value: where, message: `${where} accepts connections` };
  return {
    name: 'server',
    status: CheckStatus.FAIL,
    value: where,
    message: `${where} cannot be reached: ${code}`,
    repair: REPAIRS[code] ?? 'start the server, or correct the URL',
  };
}

/** @returns undefined if it was accepted */
function connectCode(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: TIMEOUT_MS });
    const settle = (code: string | undefined) => {
      socket.destroy();
      resolve(code);
    };
    socket.once('connect', () => settle(undefined));
    socket.once('timeout', () => settle('TIMEOUT'));
    socket.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => settle(code));
  });
}
