/** Asks the application's `authorize`, in its thread. Thread: the service's. */
import type { MessagePort } from 'node:worker_threads';
import type { AuthorizeQuestion, AuthorizeReply } from '../../../shared/authorize-messages';
import type { Ask } from './authorizer';

interface Asked {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** @param port whose other end `AuthorizeDesk` has */
export function applicationAuthorizer(port: MessagePort): Ask {
  const asked = new Map<number, Asked>();
  let lastId = 0;
  const tell = (question: AuthorizeQuestion): void => port.postMessage(question);
  port.on('message', (reply: AuthorizeReply) => {
    const waiting = asked.get(reply.id);
    asked.delete(reply.id);
    if ('failed' in reply) waiting?.reject(new Error(reply.failed));
    else waiting?.resolve(reply.answer);
  });
  port.unref(); // sockets keep this thread, and not its questions
  return (request, signal) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      asked.set(id, { resolve, reject });
      signal.addEventListener(
        'abort',
        () => {
          if (asked.delete(id)) tell({ id, cancelled: true });
        },
        { once: true },
      );
      tell({ id, request });
    });
}
