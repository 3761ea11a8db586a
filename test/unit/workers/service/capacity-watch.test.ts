import { Board } from '../../../../src/shared/board';
import { type CapacityLimits, NO_LIMIT } from '../../../../src/shared/capacity';
import { CapacityWatch } from '../../../../src/workers/service/capacity-watch';
import { SpareDescriptors } from '../../../../src/workers/service/descriptors';
import { ManualScheduler } from '../../../support/engine-world';

/** A process with a limit of 100, as far as the watch can tell. */
class World {
  readonly scheduler = new ManualScheduler();
  limit = 100;
  others = 30;
  sockets = 0;
  threadsToCome = 0;
  lookCostMs = 0;
  looks = 0;
  exhausted = false;
  readonly board = Board.create(1);
  readonly watch: CapacityWatch;

  constructor(limits: Partial<CapacityLimits> = {}) {
    this.watch = new CapacityWatch({
      descriptors: { limit: () => this.#ask(this.limit), open: () => this.#open() },
      board: this.board,
      limits: { maxConnections: NO_LIMIT, maxDescriptors: NO_LIMIT, ...limits },
      sockets: () => this.sockets,
      threadsToCome: () => this.threadsToCome,
      scheduler: this.scheduler,
    });
  }

  /** A look that is due. */
  look(): number {
    this.scheduler.jump(250);
    this.watch.look();
    return this.watch.connections;
  }

  #open(): number {
    this.looks++;
    this.scheduler.jump(this.lookCostMs);
    return this.others + this.sockets + (this.looks === 1 ? 0 : SpareDescriptors.COUNT);
  }

  #ask(value: number): number {
    if (this.exhausted) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    return value;
  }
}

let world: World;
afterEach(() => world.watch.close());

describe('the watch over the capacity', () => {
  it('knows maxConnections until the first look, and then what there is room for', () => {
    world = new World({ maxConnections: 500 });
    expect(world.watch.connections).toBe(500);
    expect(world.look()).toBe(60);
    expect(world.watch.sockets).toBe(65);
    expect(world.board.capacity).toEqual({
      processLimit: 100,
      limit: 100,
      inUse: 30,
      threads: 0,
      reserve: 10,
      connections: 60,
      sockets: 65,
    });
  });

  it('follows what the program opens and closes, its limit, and its threads', () => {
    world = new World();
    world.look();
    world.others = 45;
    expect(world.look()).toBe(45);
    world.others = 20;
    expect(world.look()).toBe(70);
    world.limit = 200;
    expect(world.look()).toBe(160);
    world.threadsToCome = 2;
    expect(world.look()).toBe(150);
  });

  it('takes neither peers nor its own spares for what others use', () => {
    world = new World();
    world.look();
    world.sockets = 55;
    expect(world.look()).toBe(60);
    expect(world.board.capacity.inUse).toBe(30);
  });

  it('has room for nobody else, and does not fail, when no descriptor is left even to ask', () => {
    world = new World();
    world.look();
    world.sockets = 20;
    world.exhausted = true;
    const others = 100 - 20 - SpareDescriptors.COUNT;
    expect(world.look()).toBe(100 - others - 10);
    expect(world.board.capacity.inUse).toBe(others);
    expect(world.look()).toBeLessThan(20); // fewer than there are: nobody else comes in
    world.exhausted = false;
    expect(world.look()).toBeGreaterThan(50);
  });

  it('looks when a peer comes near capacity only, and 10 ms apart at least', () => {
    world = new World();
    world.look();
    const looksAt = (sockets: number, afterMs: number) => {
      world.sockets = sockets;
      world.scheduler.jump(afterMs);
      const before = world.looks;
      world.watch.lookIfNear();
      return world.looks - before;
    };
    expect(looksAt(40, 1_000)).toBe(0);
    expect(looksAt(50, 1_000)).toBe(1);
    expect(looksAt(51, 9)).toBe(0);
    expect(looksAt(52, 1)).toBe(1);
  });

  it('spends 1 % of the time on looks at most', () => {
    world = new World();
    world.lookCostMs = 8;
    let looks = -1;
    const begun = world.scheduler.nowMs();
    while (world.scheduler.nowMs() < begun + 80_000) {
      world.look();
      looks = world.looks;
    }
    expect(looks).toBeLessThanOrEqual(100);
    expect(looks).toBeGreaterThan(70);
  });

  it('goes on looking until it is closed, and then holds nothing', () => {
    world = new World();
    world.watch.begin();
    expect(world.watch.connections).toBe(60);
    world.others = 45;
    world.scheduler.pass(250);
    expect(world.watch.connections).toBe(45);
    world.watch.close();
    expect(world.scheduler.timers).toBe(0);
  });

  it('counts maxConnections alone where descriptors cannot be known', () => {
    const board = Board.create(1);
    world = new World();
    const watch = new CapacityWatch({
      descriptors: { limit: () => NO_LIMIT, open: () => undefined },
      board,
      limits: { maxConnections: 7, maxDescriptors: NO_LIMIT },
      sockets: () => 3,
      threadsToCome: () => 1,
      scheduler: new ManualScheduler(),
    });
    watch.look();
    expect([watch.connections, watch.sockets, board.capacity.limit]).toEqual([7, NO_LIMIT, NO_LIMIT]);
  });
});
