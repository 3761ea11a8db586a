import { closeSync, openSync, readdirSync } from 'node:fs';
import { NO_LIMIT } from '../../../../src/shared/capacity';
import {
  devFdDescriptors,
  procDescriptors,
  processDescriptors,
  SpareDescriptors,
} from '../../../../src/workers/service/descriptors';
import { testOnLinux } from '../../../support/platform';

const opened: number[] = [];
const open = (count: number) => {
  while (count-- > 0) opened.push(openSync('/dev/null', 'r'));
};
afterEach(() => {
  for (const descriptor of opened.splice(0)) closeSync(descriptor);
});

describe('the descriptors of this process', () => {
  testOnLinux('are told alike by /proc and by the way of other systems', () => {
    const elsewhere = devFdDescriptors();
    expect(elsewhere.limit()).toBe(procDescriptors.limit());
    expect(elsewhere.open()).toBe(procDescriptors.open());
    open(20);
    expect(elsewhere.open()).toBe(procDescriptors.open());
  });

  testOnLinux('are counted exactly', () => {
    const before = procDescriptors.open() as number;
    open(37);
    expect(procDescriptors.open()).toBe(before + 37);
    expect(procDescriptors.open()).toBe(readdirSync('/proc/self/fd').length - 1);
  });

  it('are not known on a system that does not tell', () => {
    const { limit, open: count } = processDescriptors('win32');
    expect([limit(), count()]).toEqual([NO_LIMIT, undefined]);
  });

  testOnLinux('may be held as spares, and given back', () => {
    const spares = new SpareDescriptors();
    const before = procDescriptors.open() as number;
    spares.hold();
    spares.hold();
    expect(procDescriptors.open()).toBe(before + SpareDescriptors.COUNT);
    expect(spares.held).toBe(SpareDescriptors.COUNT);
    spares.release();
    spares.release();
    expect([procDescriptors.open(), spares.held]).toEqual([before, 0]);
  });
});
