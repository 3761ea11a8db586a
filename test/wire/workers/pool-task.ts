/** A task of a producer pool: posts what it is told, by the producer of its thread. */
import { workerData } from 'node:worker_threads';
import { attachProducer } from '../../../src/shared/producer';

const producer = attachProducer();

export default async function task({ channel, texts }: { channel: string; texts: string[] }) {
  const settled = [];
  for (const text of texts) settled.push(producer.postTracked(channel, text));
  const sent = await Promise.all(settled.map(async (post) => (await post.settled).sent));
  return {
    results: settled.map(({ result }) => result),
    sent,
    own: (workerData as [unknown, unknown])[1] ?? workerData,
  };
}
