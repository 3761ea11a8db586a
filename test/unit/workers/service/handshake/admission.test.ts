import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Admission, SILENCE_MS } from '../../../../../src/workers/service/handshake/admission';
import { ManualScheduler } from '../../../../support/engine-world';

const TIMEOUT_MS = 5_000;

class World {
  readonly scheduler = new ManualScheduler();
  limit = 3;
  looks = 0;
  readonly refused: Socket[] = [];
  readonly expired: Socket[] = [];
  readonly admission: Admission;
  #lastPort = 0;

  constructor() {
    const world = this;
    const limit = {
      get sockets() {
        return world.limit;
      },
      lookIfNear: () => world.looks++,
    };
    this.admission = new Admission({
      limit,
      scheduler: this.scheduler,
      timeoutMs: () => TIMEOUT_MS,
      refuse: (socket) => this.refused.push(socket),
      expire: (socket) => this.expired.push(socket),
    });
  }

  /** A socket that is accepted. */
  accept(): Socket {
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress: '127.0.0.1',
      remotePort: ++this.#lastPort,
    });
    this.admission.accepted(socket as Socket);
    return socket as Socket;
  }
}

describe('admission', () => {
  it('counts every socket until it is closed, and refuses those past the limit', () => {
    const world = new World();
    const [first] = [world.accept(), world.accept(), world.accept()];
    const fourth = world.accept();
    expect([world.admission.sockets, world.refused]).toEqual([3, [fourth]]);
    first.emit('close');
    const fifth = world.accept();
    expect([world.admission.sockets, world.refused]).toEqual([3, [fourth]]);
    fifth.emit('close');
    fifth.emit('close');
    expect(world.admission.sockets).toBe(2);
  });

  it('looks at the limit with every peer that comes', () => {
    const world = new World();
    world.accept();
    world.accept();
    expect(world.looks).toBe(2);
  });

  it('refuses the one that has been silent for longest, once that is long, instead of a newcomer', () => {
    const world = new World();
    const first = world.accept();
    world.scheduler.jump(1);
    const second = world.accept();
    const third = world.accept();
    world.scheduler.jump(SILENCE_MS - 2);
    const early = world.accept();
    expect(world.refused).toEqual([early]);
    world.scheduler.jump(1);
    world.accept();
    const late = world.accept();
    expect(world.refused).toEqual([early, first, late]);
    expect(world.admission.sockets).toBe(3);
    world.scheduler.jump(1);
    second.emit('close');
    world.accept();
    world.accept();
    expect(world.refused).toEqual([early, first, late, third]);
  });

  it('never refuses one that has spoken, also when it spoke through another socket with its address', () => {
    const world = new World();
    const sockets = [world.accept(), world.accept(), world.accept()];
    for (const { remoteAddress, remotePort } of sockets)
      world.admission.spoke({ remoteAddress, remotePort } as Socket);
    world.scheduler.jump(10 * SILENCE_MS);
    const late = world.accept();
    expect(world.refused).toEqual([late]);
  });

  it('makes no room when the limit has sunk below what is open', () => {
    const world = new World();
    const first = world.accept();
    world.accept();
    world.limit = 1;
    world.scheduler.jump(SILENCE_MS);
    const late = world.accept();
    expect(world.refused).toEqual([first, late]);
    expect(world.admission.sockets).toBe(1);
  });

  it('lets a peer have its time for the request, and no more', () => {
    const world = new World();
    const silent = world.accept();
    world.scheduler.pass(TIMEOUT_MS - 500);
    expect(world.expired).toEqual([]);
    world.scheduler.pass(1_000);
    expect([world.expired, world.admission.sockets]).toEqual([[silent], 0]);
  });

  it('blames nobody for time in which this thread was busy: what lies in the buffers is read first', () => {
    const world = new World();
    const silent = world.accept();
    const slow = world.accept();
    world.scheduler.jump(60_000);
    world.scheduler.pass(TIMEOUT_MS - 1_000);
    expect(world.expired).toEqual([]);
    world.scheduler.pass(625); // both are due now, and one of them is read before it is ended
    world.admission.spoke(slow);
    world.scheduler.pass(250);
    expect(world.expired).toEqual([silent]);
  });

  it('forgets who has spoken, and sets no timer once it is stopped', () => {
    const world = new World();
    const socket = world.accept();
    world.admission.spoke(socket);
    expect(world.admission.silent).toBe(0);
    world.scheduler.pass(2 * TIMEOUT_MS);
    expect(world.expired).toEqual([]);
    world.admission.stop();
    expect(world.scheduler.timers).toBe(0);
  });
});
