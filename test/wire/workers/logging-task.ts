/** A task of a producer pool that logs. */
import { threadId } from 'node:worker_threads';
import { attachProducer, log } from '../../../src/shared/producer';

attachProducer();

export default function task(text: string): number {
  log.notice(text);
  return threadId;
}
