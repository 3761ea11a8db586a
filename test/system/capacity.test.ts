/** What needs a program of the system: `prlimit`, of Debian's util-linux. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { endAll, until } from '../support/hubs';
import { SmallHub } from '../support/small-hub';

afterEach(endAll);

describe('a hub that may open 100 descriptors', () => {
  it('notices that the limit of its process was changed', async () => {
    const hub = await SmallHub.start();
    const before = await hub.room();
    const { pid } = hub.program.process;
    await promisify(execFile)('prlimit', [`--pid=${pid}`, '--nofile=90:100']);
    await until(async () => (await hub.room()) < before, 'it has sunk');
    expect((await hub.stats()).capacity.limit).toBe(90);
  });
});
