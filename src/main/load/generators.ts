/** What makes the load of a test: threads of this process, several processes of this host, or agents. Thread: the coordinator's. */
import path from 'node:path';
import { type LoadPlan, Mode } from '../../shared/load/plan';
import type { ClockResult } from '../../shared/load/result';
import { clientsPublish, partOf } from '../../shared/load/shares';
import { type Clock, OWN_CLOCK, uncertaintyOf } from './clocks';
import { LocalGenerator } from './local-generator';
import type { LoadOptions } from './options';
import { AgentGenerator } from './remote/agent-generator';
import { GroupGenerator } from './remote/group-generator';
import { ProcessGenerator } from './remote/process-generator';

/** From the order to begin until the schedule does, nanoseconds: so that every thread knows of it before. */
const LEAD_NS = { threads: 20e6, processes: 50e6, agents: 100e6 } as const;

export class Generators extends GroupGenerator {
  constructor(options: Pick<LoadOptions, 'agents' | 'workers'>) {
    super({
      name: 'all',
      form: async (plan, _share, { joins, signal }) => {
        const { agents, workers } = options;
        if (agents !== undefined) {
          const { addresses, token, tls } = agents;
          const version = ownVersion();
          const all = { token, tls, version, workers, signal };
          await Promise.all(
            addresses.map(async (address) => joins(await AgentGenerator.connect({ ...all, address }))),
          );
        } else if (plan.processes === 1) joins(new LocalGenerator());
        else {
          for (let number = 1; number <= plan.processes; number++) {
            joins(ProcessGenerator.start({ name: `process ${number}` }));
          }
        }
        return plan;
      },
    });
  }

  /** How long before the schedule begins everybody is to be told of it. */
  get leadNs(): number {
    const { members } = this;
    const agents = members.filter((member) => member instanceof AgentGenerator);
    if (agents.length > 0) return LEAD_NS.agents + Math.max(...agents.map((agent) => agent.roundTripNs * 4));
    return members.length > 1 ? LEAD_NS.processes : LEAD_NS.threads;
  }

  /**
   * How far the clocks of a message's sender and receiver may be apart, nanoseconds.
   *
   * @param publishedHere by a hub of the coordinator's host, instead of by the generators
   */
  uncertaintyNs(plan: LoadPlan, publishedHere: boolean): number {
    const { mode, clients, publishers } = plan;
    const clocks = this.members.map((member) =>
      member instanceof AgentGenerator ? clockOf(member) : OWN_CLOCK,
    );
    const having = (count: number): Clock[] =>
      clocks.filter((_, at) => {
        const { from, to } = partOf({ from: 0, to: count }, at, clocks.length);
        return to > from;
      });
    const publish = publishedHere ? [OWN_CLOCK] : having(clientsPublish(plan) ? clients : publishers);
    const receive = mode === Mode.FAN_IN ? [OWN_CLOCK] : having(clients);
    return uncertaintyOf({ mode, publish, receive });
  }

  clocks(): ClockResult[] {
    return this.members.flatMap((member) => (member instanceof AgentGenerator ? member.clock() : []));
  }
}

function clockOf(agent: AgentGenerator): Clock {
  return { name: agent.clockName, uncertaintyNs: agent.clock().uncertaintyNs };
}

function ownVersion(): string {
  return (require(path.join(__dirname, '../../../package.json')) as { version: string }).version;
}
