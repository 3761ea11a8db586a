/** The groups of peers that do not behave. */
import type { SlowGroup } from '../../shared/load/plan';
import type { Faults } from './faults';
import type { LoadOptions } from './options';

export function resolveSlow({ slow = [] }: LoadOptions, clients: number, faults: Faults): SlowGroup[] {
  const groups = slow.map((group, at) => {
    checkBehaviour(`slow[${at}]`, group.behaviour, faults);
    const count = group.clients ?? Math.round((group.share ?? 0) * clients);
    if ((group.clients === undefined) === (group.share === undefined))
      faults.add(`slow[${at}]`, 'must have either share, from 0 to 1, or clients');
    else if (!Number.isInteger(count) || count < 1 || count > clients)
      faults.add(`slow[${at}]`, `must be from 1 to ${clients} of the ${clients} clients, and is ${count}`);
    return {
      name: group.name ?? `${count}:${group.behaviour?.kind}`,
      clients: count,
      behaviour: group.behaviour,
    };
  });
  const all = groups.reduce((sum, group) => sum + group.clients, 0);
  if (all > clients)
    faults.add('slow', `must be no more than the ${clients} clients together, and are ${all}`);
  const names = new Set(groups.map(({ name }) => name));
  if (names.size < groups.length || names.has('fast'))
    faults.add('slow', "must have a name each, and not 'fast'");
  return groups;
}

function checkBehaviour(option: string, behaviour: SlowGroup['behaviour'], faults: Faults): void {
  const positive = (name: string, value: number) => {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY))
      faults.add(`${option}.behaviour.${name}`, `must be more than 0, and is ${value}`);
  };
  switch (behaviour?.kind) {
    case 'rate':
      positive('bytesPerSecond', behaviour.bytesPerSecond);
      return;
    case 'stall':
      positive('stallMs', behaviour.stallMs);
      if (!(behaviour.everyMs >= behaviour.stallMs))
        faults.add(`${option}.behaviour.everyMs`, `must be at least stallMs, and is ${behaviour.everyMs}`);
      return;
    case 'cut':
      positive('afterMs', behaviour.afterMs);
      return;
    case 'never-read':
    case 'half-open':
      return;
    default:
      faults.add(
        `${option}.behaviour.kind`,
        `must be one of rate, stall, never-read, half-open, cut, and is ${JSON.stringify((behaviour as { kind?: unknown } | undefined)?.kind)}`,
      );
  }
}
