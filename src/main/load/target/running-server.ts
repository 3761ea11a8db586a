/** A server that runs in this process: a hub, or one of the servers to compare it with. */
import type { Share, Timetable } from '../../../shared/load/generator';
import type { LoadPlan } from '../../../shared/load/plan';
import type { GeneratorSnapshot } from '../../../shared/load/snapshot';
import type { Published } from '../../../shared/load/stream-checker';
import type { ReferenceTarget } from '../options';
import type { ServerReport } from './protocol';

/** `hub` is what is loaded when nothing else is named. */
export type ServerName = 'hub' | ReferenceTarget;

export interface RunningServer {
  /** Where clients connect to. */
  readonly url: string;
  /** Undefined: publishers are connections. */
  readonly publishing?: ServerPublishing;
  /** Rejects if it breaks down; absent where it cannot. */
  readonly failed?: Promise<never>;
  /** The measure window is known now. */
  begin?(timetable: Timetable): void;
  /** @param published how many messages each stream has, if that is known */
  report?(published?: Published): Promise<ServerReport>;
  /** Whatever it has counted, for who runs it without a test. */
  tally?(): Record<string, number>;
  close(): Promise<void>;
}

/** Publishers that are threads of the server's own process. */
export interface ServerPublishing {
  /** @returns the threads' numbers, as far as the system tells them: they are not the server */
  prepare(plan: LoadPlan, publishers: Share['publishers']): Promise<number[]>;
  begin(timetable: Timetable): void;
  stop(): Promise<void>;
  snapshot(): GeneratorSnapshot;
}

/** How the server `echo` is to be. */
export interface EchoSettings {
  /** With the limits of messages that a hub has by default, in place of generous ones. */
  strict?: boolean;
  /** Whether peers may compress their messages. */
  compression?: boolean;
}

export interface ServerAddress {
  host: string;
  port: number;
}
