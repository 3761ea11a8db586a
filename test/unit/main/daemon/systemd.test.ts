import { Systemd } from '../../../../src/main/daemon/systemd';

describe('systemd', () => {
  test('is not there where it does not say so', () => {
    expect(Systemd.find({ WATCHDOG_USEC: '1000000' })).toBeUndefined();
  });

  test('is none of the business of children: its variables are taken away', () => {
    const environment = { NOTIFY_SOCKET: '/none', WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1', PATH: '/bin' };
    expect(Systemd.find(environment)).toBeInstanceOf(Systemd);
    expect(environment).toEqual({ PATH: '/bin' });
  });

  test('is told of a reload with the monotonic clock, which must not run backwards', async () => {
    const messages: string[] = [];
    const systemd = new Systemd(async (message) => void messages.push(message), 0);
    await systemd.reloading();
    await systemd.reloading();
    const [first, second] = messages.map((message) => BigInt(/MONOTONIC_USEC=(\d+)/.exec(message)?.[1] ?? 0));
    expect(first > 0n && second >= first).toBe(true);
  });
});
