/** A thread that logs what it is told to. It says when it has. */
import { parentPort, workerData } from 'node:worker_threads';
import { log, setLogLevel } from '../../../src/shared/log';

export type LoggerTask =
  /** Logs numbered lines, each different from the others. */
  | { kind: 'lines'; name: string; count: number; padding?: number }
  /** For each round: waits until `words[0]` is `turn`, logs, and hands on to the next. */
  | { kind: 'relay'; turn: number; threads: number; rounds: number; words: Int32Array }
  /** Logs, says so in `words[0]`, and stays until it is terminated. */
  | { kind: 'until terminated'; count: number; words: Int32Array }
  | { kind: 'level'; levels: 'debug' | 'err' }
  | { kind: 'emitter' };

const first = workerData as LoggerTask | undefined;

function run(task: LoggerTask): unknown {
  switch (task.kind) {
    case 'lines':
      for (let line = 0; line < task.count; line++)
        log.notice(`${task.name} ${line}${' '.repeat(task.padding ?? 0)}`, { connection: line });
      return 'done';
    case 'relay':
      for (let round = 0; round < task.rounds; round++) {
        const turn = round * task.threads + task.turn;
        for (let now = Atomics.load(task.words, 0); now !== turn; now = Atomics.load(task.words, 0))
          Atomics.wait(task.words, 0, now);
        log.notice(`turn ${turn}`);
        Atomics.store(task.words, 0, turn + 1);
        Atomics.notify(task.words, 0);
      }
      return 'done';
    case 'until terminated':
      for (let line = 0; line < task.count; line++) log.notice(`last words ${line}`);
      Atomics.store(task.words, 0, 1);
      Atomics.notify(task.words, 0);
      for (;;) Atomics.wait(task.words, 0, 1);
    case 'level':
      setLogLevel(task.levels);
      return 'done';
    case 'emitter':
      try {
        setLogLevel('notice', () => {});
        return 'not refused';
      } catch (error) {
        return (error as Error).message;
      }
  }
}

parentPort?.on('message', (task: LoggerTask) => parentPort?.postMessage(run(task)));
if (first === undefined || first === null) parentPort?.postMessage('ready');
else run(first);
