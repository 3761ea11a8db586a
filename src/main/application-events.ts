/** Turns the service thread's batches into events, and gives the credits back. Thread: the application's. */
import type { MessagePort } from 'node:worker_threads';
import { HubError, type HubErrorCode } from '../shared/errors';
import type {
  ConnectionSummary,
  FragmentInfo,
  GapReport,
  InboundBatch,
  InboundCredit,
  InboundEvent,
} from '../shared/inbound';
import type { RestartInfo } from './hub-events';

export interface ApplicationListener {
  connection(info: ConnectionSummary): void;
  message(info: ConnectionSummary, data: string | Uint8Array): void;
  fragment(info: ConnectionSummary, bytes: Uint8Array, fragment: FragmentInfo): void;
  /** The peer has closed, and nothing further comes of it. Not an event of the hub: it disconnects the peer. */
  closing(info: ConnectionSummary): void;
  disconnect(info: ConnectionSummary & { code: number; reason: string }): void;
  gap(info: ConnectionSummary, gap: GapReport): void;
  error(error: HubError): void;
  /** Another service thread is there, which knows nothing of what was asked of the one before. */
  restarted(info: RestartInfo): void;
}

/** Hands every event of every batch to `listener`. A listener that throws loses none of the others. */
export function deliverEvents(port: MessagePort, listener: ApplicationListener): void {
  port.on('message', (batch: InboundBatch) => {
    deliverBatch(batch, listener);
    port.postMessage({ credit: batch.cost } satisfies InboundCredit);
  });
}

/** Hands every event of one batch to `listener`. */
export function deliverBatch({ events, bytes }: InboundBatch, listener: ApplicationListener): void {
  const data = Buffer.from(bytes);
  for (const event of events) {
    try {
      deliver(event, data, listener);
    } catch (error) {
      // As uncaught as it would be without us, but after the others have had their turn.
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

function deliver(event: InboundEvent, bytes: Buffer, listener: ApplicationListener): void {
  switch (event.type) {
    case 'connection':
      listener.connection(event.info);
      break;
    case 'message': {
      const { info, text, offset, length } = event;
      listener.message(
        info,
        text
          ? bytes.toString('utf8', offset, offset + length)
          : new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length),
      );
      break;
    }
    case 'fragment': {
      const { info, fragment, offset, length } = event;
      listener.fragment(info, new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length), fragment);
      break;
    }
    case 'closing':
      listener.closing(event.info);
      break;
    case 'disconnect':
      listener.disconnect({ ...event.info, code: event.code, reason: event.reason });
      break;
    case 'gap':
      listener.gap(event.info, event.gap);
      break;
    case 'error':
      listener.error(new HubError(event.code as HubErrorCode, event.message, { cause: event.cause }));
      break;
  }
}
