/** A producer thread for tests. What it does is in `workerData.task`; it says what came of it, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachProducer, type PostResult } from '../../../src/shared/producer';
import { asPosted, payloadOf } from '../../support/payloads';

export type ProducerTask =
  /** Posts `count` payloads, waiting for room. */
  | { kind: 'payloads'; channel: string; producer: number; count: number }
  /** Posts numbers until the hub is closed, in one of the three ways; after every 20th it rests for a while, if it is to. */
  | {
      kind: 'until closed';
      channel: string;
      way: 'post' | 'postWait' | 'postAsync';
      name: string;
      restMs?: number;
    }
  /** Attaches, says so, and waits to be told how many to post. */
  | { kind: 'on demand'; channel: string };

export interface ProducerAnswer {
  posted: number;
  /** What the posts after the first refusal answered. */
  later: PostResult[];
}

const { task } = workerData as { task: ProducerTask };
const producer = attachProducer();
const never = new Int32Array(new SharedArrayBuffer(4));

async function run(): Promise<ProducerAnswer | undefined> {
  if (task.kind === 'payloads') {
    for (let number = 0; number < task.count; number++) {
      const payload = payloadOf(task.producer, number, producer.maxPayloadBytes);
      const result = producer.postWait(task.channel, asPosted(payload));
      if (result !== 'posted') throw new Error(`post ${number}: ${result}`);
    }
    return { posted: task.count, later: [] };
  }
  if (task.kind === 'until closed') {
    for (let posted = 0; ; ) {
      const text = `${task.name}:${posted}`;
      if (task.restMs !== undefined && posted % 20 === 19) Atomics.wait(never, 0, 0, task.restMs);
      let result: PostResult;
      if (task.way === 'post') result = producer.post(task.channel, text);
      else if (task.way === 'postWait') result = producer.postWait(task.channel, text);
      else result = await producer.postAsync(task.channel, text);
      if (result === 'posted') posted++;
      else if (result === 'closed') {
        const later = [
          producer.post(task.channel, 'late'),
          producer.postWait(task.channel, 'late'),
          await producer.postAsync(task.channel, 'late'),
        ];
        return { posted, later };
      }
    }
  }
  parentPort?.on('message', (count: number) => {
    let posted = 0;
    while (posted < count && producer.postWait(task.channel, `${posted}`) === 'posted') posted++;
    parentPort?.postMessage({ posted, later: [] } satisfies ProducerAnswer);
  });
  parentPort?.postMessage('attached');
  return undefined;
}

void run().then((answer) => {
  if (answer === undefined) return;
  parentPort?.postMessage(answer);
  producer.close();
});
