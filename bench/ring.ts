/**
 * The ring alone: 100-byte records from one producer thread to one consumer thread, against `postMessage` of a Uint8Array,
 * in turns within one run; and what one post costs the producer while the consumer is awake.
 *
 *     npm run bench:ring
 */
import { isMainThread, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import { Doorbell, LaneKeeper, RecordKind, RingConsumer, RingMemory } from '../src/shared/ring';
import { attachToRing } from '../src/shared/ring/attach';
import { RoomWaiter } from '../src/shared/ring/room';
import { median } from './support/rig';

const ROUNDS = 9;
const RECORDS = 3_000_000;
const MESSAGES = 300_000;
const BYTES = 100;
/** `postMessage` queues without limit: the producer stays this close to the consumer. */
const WINDOW = 10_000;
const TYPESCRIPT = ['-r', 'ts-node/register/transpile-only'];

interface Start {
  buffer: SharedArrayBuffer;
  /** [0] round, of either kind; [1] messages that the consumer of `postMessage` has taken */
  words: Int32Array;
  port: MessagePort;
}

/** The producer thread: odd rounds go through the ring, even ones through the port. */
function produce({ buffer, words, port }: Start): void {
  const ring = new RingMemory(buffer);
  const attachment = attachToRing(ring, 'bench');
  if (attachment === undefined) throw new Error('closed');
  const { producer } = attachment;
  const room = new RoomWaiter(producer);
  const payload = new Uint8Array(BYTES).fill(7);
  const attempt = () => producer.tryPost(RecordKind.BINARY, 0, payload);
  for (let round = 1; ; round++) {
    Atomics.wait(words, 0, round - 1);
    if (Atomics.load(words, 0) < 0) return;
    if (round % 2 === 1) {
      const start = performance.now();
      let waitedMs = 0;
      for (let i = 0; i < RECORDS; i++) {
        if (attempt() === 'posted') continue;
        const full = performance.now();
        room.wait(attempt, 60_000);
        waitedMs += performance.now() - full;
      }
      parentPort?.postMessage(((performance.now() - start - waitedMs) * 1e6) / RECORDS);
    } else {
      const taken = Atomics.load(words, 1);
      for (let i = 1; i <= MESSAGES; i++) {
        port.postMessage(payload);
        for (;;) {
          const now = Atomics.load(words, 1);
          if (i - (now - taken) < WINDOW) break;
          Atomics.wait(words, 1, now);
        }
      }
    }
  }
}

async function main(): Promise<void> {
  const ring = RingMemory.create({ laneBytes: 2 ** 20, maxProducers: 4 });
  const consumer = RingConsumer.join(ring, 0);
  const keeper = new LaneKeeper(ring, 'bench', () => {});
  const words = new Int32Array(new SharedArrayBuffer(8));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(__filename, {
    workerData: { buffer: ring.buffer, words, port: port2 } satisfies Start,
    transferList: [port2 as never],
    execArgv: TYPESCRIPT,
  });
  let checksum = 0;
  let records = 0;
  let wantedRecords = 0;
  let onRecords = (): void => {};
  const doorbell = new Doorbell(ring, 0, () => turn());
  const take = ({
    bytes,
    payloadOffset,
    payloadBytes,
  }: {
    bytes: Uint8Array;
    payloadOffset: number;
    payloadBytes: number;
  }) => {
    checksum += bytes[payloadOffset] + bytes[payloadOffset + payloadBytes - 1];
    records++;
  };
  const turn = (): void => {
    doorbell.disarm();
    const taken = consumer.drain(take, { records: 8192, payloadBytes: 2 ** 20 });
    if (records === wantedRecords) onRecords();
    if (taken > 0 || !doorbell.arm(() => consumer.hasWork())) setImmediate(turn);
  };
  turn();

  let messages = 0;
  let wantedMessages = 0;
  let onMessages = (): void => {};
  port1.addEventListener('message', (event) => {
    const data = (event as unknown as { data: Uint8Array }).data;
    checksum += data[0] + data[data.length - 1];
    if (++messages % 256 === 0 || messages === wantedMessages) {
      Atomics.store(words, 1, messages);
      Atomics.notify(words, 1);
    }
    if (messages === wantedMessages) onMessages();
  });
  port1.start();

  const startRound = () => {
    Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
    return performance.now();
  };
  const ringRates: number[] = [];
  const portRates: number[] = [];
  const postNs: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    wantedRecords += RECORDS;
    const cost = new Promise<number>((resolve) => worker.once('message', resolve));
    const drained = new Promise<void>((resolve) => (onRecords = resolve));
    const ringStart = startRound();
    await drained;
    const ringRate = RECORDS / (performance.now() - ringStart) / 1000;
    const ns = await cost;

    wantedMessages += MESSAGES;
    const received = new Promise<void>((resolve) => (onMessages = resolve));
    const portStart = startRound();
    await received;
    const portRate = MESSAGES / (performance.now() - portStart) / 1000;
    if (round === 0) continue; // warm-up
    ringRates.push(ringRate);
    portRates.push(portRate);
    postNs.push(ns);
    console.error(
      `round ${round}  ring ${ringRate.toFixed(2)} M/s  postMessage ${portRate.toFixed(3)} M/s  post ${ns.toFixed(0)} ns`,
    );
  }
  console.log('| way | records/s (median) | ratio |');
  console.log('|---|---|---|');
  console.log(
    `| ring, ${BYTES} B | ${median(ringRates).toFixed(2)} M | ${(median(ringRates) / median(portRates)).toFixed(1)} × |`,
  );
  console.log(`| postMessage(Uint8Array), ${BYTES} B | ${median(portRates).toFixed(3)} M | 1.0 × |`);
  console.log(
    `one post, in the ring's rounds, without waiting for room: ${median(postNs).toFixed(0)} ns (checksum ${checksum})`,
  );
  await worker.terminate();
  keeper.close();
  port1.close();
}

if (isMainThread) void main();
else produce(workerData as Start);
