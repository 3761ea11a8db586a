/**
 * Where the application's `authorize` is called: by a service in this thread, or over a port by one in a thread of its own.
 * It outlives service threads: one that is started in the place of another opens a port of its own.
 *
 * Thread: the application's.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { AuthorizeFunction, AuthorizeRequest } from '../shared/authorization';
import type { AuthorizeQuestion, AuthorizeReply } from '../shared/authorize-messages';

export class AuthorizeDesk {
  #authorize: AuthorizeFunction;

  constructor(authorize: AuthorizeFunction) {
    this.#authorize = authorize;
  }

  /** Another function is asked from now on. */
  replace(authorize: AuthorizeFunction): void {
    this.#authorize = authorize;
  }

  /** Asks, for a service in this thread. */
  readonly ask = (request: AuthorizeRequest, signal: AbortSignal): unknown =>
    this.#authorize(request, { signal });

  /** @returns a port to hand to a service thread; it ends with that thread */
  openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const asked = new Map<number, AbortController>();
    port1.on('message', (question: AuthorizeQuestion) => {
      if ('cancelled' in question) asked.get(question.id)?.abort();
      else void this.#answer(question.id, question.request, asked, port1);
    });
    port1.on('close', () => {
      for (const abort of asked.values()) abort.abort();
    });
    port1.unref(); // it is the service thread that keeps the process
    return port2;
  }

  async #answer(
    id: number,
    request: AuthorizeRequest,
    asked: Map<number, AbortController>,
    port: MessagePort,
  ): Promise<void> {
    const abort = new AbortController();
    asked.set(id, abort);
    const reply = await this.#replyTo(id, request, abort.signal);
    asked.delete(id);
    if (abort.signal.aborted) return;
    try {
      port.postMessage(reply);
    } catch (error) {
      port.postMessage({ id, failed: textOf(error) } satisfies AuthorizeReply); // a function, say, is among the answer
    }
  }

  async #replyTo(id: number, request: AuthorizeRequest, signal: AbortSignal): Promise<AuthorizeReply> {
    try {
      return { id, answer: await this.#authorize(request, { signal }) };
    } catch (error) {
      return { id, failed: textOf(error) };
    }
  }
}

function textOf(thrown: unknown): string {
  try {
    return String((thrown as Error | undefined)?.message ?? thrown);
  } catch {
    return 'something without a text';
  }
}
