/** What is in the way of listening somewhere, in words of the command line. */
import { ExitCode } from './exit-codes';
import { Failure } from './failure';

const LISTEN_FAILURES: { [code: string]: [message: string, remedy: string] } = {
  EADDRINUSE: [
    'another program has this port.',
    'Choose another one with --port, or let the system choose with --port 0.',
  ],
  EACCES: ['you may not use this port.', 'Choose one from 1024 on with --port.'],
  EADDRNOTAVAIL: [
    'this machine has no such address.',
    'Choose one with --host: 127.0.0.1 for this machine only, 0.0.0.0 for all its addresses.',
  ],
  ENOTFOUND: ['there is no host of this name.', 'Choose one with --host, such as 127.0.0.1.'],
};

/** @param error the system's, or one whose cause is */
export function listenFailure(error: Error, host: string | undefined, port: number | undefined): Failure {
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException;
  if (error.message.startsWith('tls.'))
    return new Failure(ExitCode.FAILURE, `Cannot serve wss: ${error.message}.`, {
      remedy: 'Give a certificate and the key that belongs to it, both in PEM.',
      cause: error,
    });
  const [message, remedy] = LISTEN_FAILURES[code ?? ''] ?? [
    error.message.replace(/^cannot listen on \S+: /, ''),
    'Choose another address with --host and --port.',
  ];
  return new Failure(ExitCode.FAILURE, `Cannot listen on ${host}:${port}: ${message}`, {
    remedy,
    cause: error,
  });
}
