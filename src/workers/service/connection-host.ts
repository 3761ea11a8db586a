/** Thread: the service's. */
import type { Connection } from './connection';
import type { EngineObserver } from './observer';
import type { TellSettled } from './tickets';

/** What the connection needs of the engine. */
export interface ConnectionHost {
  /** When the present turn began, or the last one. */
  nowMs(): number;
  /** Now. */
  clockMs(): number;
  /** Now, also of time in which the loop did not go round. */
  realMs(): number;
  /** How long after a ping the next one may go only for the time that has passed. */
  pingSpacingMs(): number;
  tell: TellSettled;
  /** A write is done and there is more: flush this connection in the next turn. */
  ready(connection: Connection): void;
  /** A write is done: this connection is less far behind. */
  progressed(): void;
  /** This connection wants to be looked at by then. */
  watch(connection: Connection, dueMs: number): void;
  /** How many channels a connection may have. */
  maxSubscriptions(): number;
  /** Memory of the private messages that wait, over all connections, changed by `bytes`. */
  privateBytesChanged(bytes: number): void;
  observer?: EngineObserver;
}
