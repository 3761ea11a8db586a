import { ManualDrive } from '../../../../src/workers/service/manual-drive';

/** A drive whose clock the test turns. */
class TestDrive extends ManualDrive {
  now = 0;

  override nowMs(): number {
    return this.now;
  }
}

describe('a drive by somebody else’s loop', () => {
  it('tells once that a turn is due, and not during a go', () => {
    let told = 0;
    const drive = new TestDrive(() => told++);
    drive.soon();
    drive.soon();
    expect([told, drive.due]).toEqual([1, true]);
    drive.go(() => drive.soon());
    expect([told, drive.due]).toEqual([1, true]);
    drive.go(() => {});
    expect([told, drive.due]).toEqual([1, false]);
    drive.soon();
    expect(told).toBe(2);
  });

  it('runs its timers when they are due, before the turn, and makes up for none that was missed', () => {
    const drive = new TestDrive(() => {});
    const ran: string[] = [];
    drive.every(100, () => ran.push('every 100'));
    const stop = drive.every(250, () => ran.push('every 250'));
    expect(drive.nextDeadlineMs).toBe(100);
    drive.now = 99;
    drive.go(() => ran.push('turn'));
    expect(ran.splice(0)).toEqual(['turn']);
    drive.now = 1_000;
    drive.go(() => ran.push('turn'));
    expect(ran.splice(0)).toEqual(['every 100', 'every 250', 'turn']);
    expect(drive.nextDeadlineMs).toBe(100);
    stop();
    drive.now = 2_000;
    expect(drive.nextDeadlineMs).toBe(0);
    drive.go(() => {});
    expect(ran).toEqual(['every 100']);
  });

  it('answers what the turn answers, refuses a go within a go, and is free again after one that threw', () => {
    const drive = new TestDrive(() => {});
    expect(drive.go(() => 7)).toBe(7);
    expect(() => drive.go(() => drive.go(() => 1))).toThrow('must not service it');
    expect(drive.go(() => 8)).toBe(8);
    expect(drive.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('has no timer for ever: one that ends itself is gone', () => {
    const drive = new TestDrive(() => {});
    let ran = 0;
    const stop = drive.every(10, () => {
      ran++;
      stop();
    });
    drive.now = 100;
    drive.go(() => {});
    drive.now = 200;
    drive.go(() => {});
    expect([ran, drive.nextDeadlineMs]).toEqual([1, Number.POSITIVE_INFINITY]);
  });
});
