/**
 * The control plane, seen from the application: calls to the service thread over comlink.
 *
 * comlink knows neither deadlines nor dead threads: a call to a thread that ended stays pending for ever. So every call
 * here is raced with both.
 *
 * Thread: the application's.
 */
import type { MessagePort } from 'node:worker_threads';
import * as comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/umd/node-adapter';
import type { ServiceControl } from '../shared/control';
import { HubError, HubErrorCode } from '../shared/errors';
import type { ServiceCalls } from './hosted-service';

export class ServiceLink implements ServiceCalls {
  readonly #port: MessagePort;
  readonly #remote: comlink.Remote<ServiceControl>;
  readonly #gone: Promise<never>;

  /** @param gone rejects, with what the caller is to get, once the service thread cannot answer any more */
  constructor(port: MessagePort, gone: Promise<never>) {
    this.#port = port;
    this.#remote = comlink.wrap<ServiceControl>(nodeEndpoint(port));
    this.#gone = gone;
  }

  /**
   * Calls the service thread.
   *
   * @throws {HubError} CONTROL_TIMEOUT without an answer in `deadlineMs`; what `gone` says if the thread has ended
   */
  call<T>(name: string, deadlineMs: number, ask: (service: ServiceControl) => Promise<T>): Promise<T> {
    return withDeadline(name, deadlineMs, Promise.race([ask(this.#remote), this.#gone]));
  }

  close(): void {
    this.#port.close();
  }
}

/** @throws {HubError} CONTROL_TIMEOUT without an answer in `deadlineMs` */
export async function withDeadline<T>(name: string, deadlineMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = `the service thread did not answer ${name} within ${deadlineMs} ms: it is busy or stuck`;
      reject(new HubError(HubErrorCode.CONTROL_TIMEOUT, message));
    }, deadlineMs);
  });
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
