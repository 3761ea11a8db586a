/** What the servers that ringcast brings along can be loaded with. Pure. */
import { Mode } from '../../shared/load/plan';
import type { ReferenceTarget } from './options';

const SILENT = [Mode.IDLE, Mode.CONNECT];
/** What a connection sends, every connection of its path gets. */
const TO_ALL: readonly Mode[] = [Mode.BROADCAST, Mode.RECONNECT, Mode.CHURN, ...SILENT];

/** The first one is what is meant if no mode is named. */
const MODES: Record<ReferenceTarget, readonly Mode[]> = {
  ringcast: TO_ALL,
  'ws-loop': TO_ALL,
  'ws-broadcastchannel': TO_ALL,
  'socket.io': TO_ALL,
  sink: [Mode.FAN_IN, ...SILENT],
  echo: [Mode.ECHO, ...SILENT],
};

export function modesOf(target: ReferenceTarget): readonly Mode[] {
  return MODES[target] ?? TO_ALL; // an unknown one is told elsewhere
}

export function defaultMode(target: ReferenceTarget | undefined): Mode {
  return target === undefined ? Mode.BROADCAST : modesOf(target)[0]!;
}

export function defaultAdapter(target: ReferenceTarget | undefined): string {
  return target === 'socket.io' ? 'socket.io' : 'raw';
}
