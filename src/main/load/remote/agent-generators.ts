/** The generators of an agent: as many processes of this host as the share needs. */
import type { Share } from '../../../shared/load/generator';
import { DESCRIPTOR_RESERVE } from '../limits';
import { thisMachine } from '../resolve-plan';
import { GroupGenerator } from './group-generator';
import { ProcessGenerator } from './process-generator';

const BUILT_IN = ['raw', 'socket.io'];

/** @param allowScripts whether a plan may name a module of this host to be loaded */
export function newAgentGenerator({ allowScripts }: { allowScripts: boolean }): GroupGenerator {
  const { cores, descriptorLimit = Number.POSITIVE_INFINITY } = thisMachine();
  return new GroupGenerator({
    name: 'agent',
    form: async (plan, share, { joins }) => {
      const { adapter } = plan.connect;
      if (!allowScripts && !BUILT_IN.includes(adapter)) {
        throw new Error(
          `it loads no modules, and was told to load ${adapter}: start it with --allow-scripts`,
        );
      }
      const room = Math.max(1, descriptorLimit - DESCRIPTOR_RESERVE);
      const processes = Math.max(1, Math.ceil(connectionsOf(share) / room));
      for (let number = 1; number <= processes; number++) {
        joins(ProcessGenerator.start({ name: `process ${number}` }));
      }
      const workers = plan.workers || Math.max(1, Math.floor(cores / processes));
      return { ...plan, workers };
    },
  });
}

function connectionsOf({ clients, publishers }: Share): number {
  return clients.to - clients.from + (publishers.to - publishers.from);
}
