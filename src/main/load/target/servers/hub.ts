/**
 * Hubs under test, with their service thread, in this process; `hub` is what is loaded when no other server is named.
 *
 *     publish   threads of this process post into the ring, as an application's would      broadcast, reconnect, churn
 *     relay     the application posts what a peer sends to its channel                     the target `ringcast`
 *     echo      the application posts what a peer sends to a channel of the peer's own     echo, the target `echo`
 *     sink      the application reads the stamps                                           fan-in
 *     none                                                                                 idle, connect
 *
 * Thread: the main one of the server's process.
 */
import { type LoadPlan, Mode } from '../../../../shared/load/plan';
import type { TargetReport } from '../../../../shared/load/target';
import type { HubOptions } from '../../../../shared/options';
import { StageMemory } from '../../../../workers/load/stage-memory';
import { createObservedHub } from '../../../create-hub';
import type { Hub } from '../../../hub';
import { CHANNEL, hubOptions } from '../hub-options';
import { InboundRelay } from '../inbound-relay';
import { OwnChannels } from '../own-channels';
import { Publishers } from '../publishers';
import type { RunningServer, ServerAddress } from '../running-server';
import { SinkCounter } from '../sink-counter';
import { loadThreadFile } from '../start-thread';

export type HubRole = 'publish' | 'relay' | 'echo' | 'sink' | 'none';

const ROLES: Record<Mode, HubRole> = {
  [Mode.BROADCAST]: 'publish',
  [Mode.RECONNECT]: 'publish',
  [Mode.CHURN]: 'publish',
  [Mode.ECHO]: 'echo',
  [Mode.FAN_IN]: 'sink',
  [Mode.IDLE]: 'none',
  [Mode.CONNECT]: 'none',
};

/** Peers have so long to take what is left when the server is told to end. */
const CLOSE_DEADLINE_MS = 500;

export function startHub(address: ServerAddress, plan?: LoadPlan): Promise<RunningServer> {
  const role = ROLES[plan?.mode ?? Mode.BROADCAST];
  const options = hubOptions(plan);
  // Each client has a channel of its own there, beside the one that its handshake names.
  if (role === 'echo') options.maxChannels = (plan?.clients ?? 0) + SPARE_CHANNELS;
  return startHubServer(address, plan, role, options);
}

/** For clients that come back before the hub knows that they had gone. */
const SPARE_CHANNELS = 1_024;

export async function startHubServer(
  address: ServerAddress,
  plan: LoadPlan | undefined,
  role: HubRole,
  options: HubOptions,
): Promise<RunningServer> {
  // Without a plan nobody will ask for stages.
  const stages = plan && new StageMemory();
  const observer = stages && { file: loadThreadFile('stage-observer'), memory: stages.memory };
  const hub = await createObservedHub({ ...options, ...address }, observer);
  const publishers = takeRole(hub, role, options);
  const sink = plan !== undefined && role === 'sink' ? sinkOf(hub, plan) : undefined;
  return {
    url: `${hub.url}/${CHANNEL}`,
    publishing: publishers,
    begin: (timetable) => {
      stages?.begin(timetable);
      sink?.begin(timetable);
    },
    report: async (published) => ({
      hub: stages && (await reportOf(hub, stages)),
      sink: sink?.report(published),
    }),
    close: async () => {
      await publishers?.close();
      await hub.close({ deadlineMs: CLOSE_DEADLINE_MS });
    },
  };
}

async function reportOf(hub: Hub, { stages }: StageMemory): Promise<TargetReport> {
  const stats = await hub.stats();
  const { addressed, sent, skipped, conflated, abandoned, pending, refused, disconnectedSlow } = stats;
  return {
    addressed,
    sent,
    skipped,
    conflated,
    abandoned,
    pending,
    refused,
    disconnectedSlow,
    stages,
  };
}

/** Text comes as a string. */
function sinkOf(hub: Hub, plan: LoadPlan): SinkCounter {
  const counter = new SinkCounter(plan);
  hub.on('message', (_info, data) => {
    counter.take(
      typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length),
    );
  });
  return counter;
}

function takeRole(hub: Hub, role: HubRole, { maxMessageBytes }: HubOptions): Publishers | undefined {
  if (role === 'publish')
    return new Publishers({ kind: 'ring', handle: hub.producerHandle(), channel: CHANNEL });
  if (role === 'relay') new InboundRelay(hub, { open: ({ channel }) => channel });
  if (role === 'echo') new InboundRelay(hub, new OwnChannels(hub), maxMessageBytes);
  return undefined;
}
