import { createHub, type Hub, PollEvent } from '../../src/main';
import { endAll, until, whenOver } from '../support/hubs';
import { epollEvents, socketsOfPort } from '../support/kernel';
import { PollProgram } from '../support/poll-program';
import { RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const { POLLIN, POLLOUT } = PollEvent;
const CHUNK = Buffer.alloc(256 * 1024, 7);

interface Driven {
  hub: Hub;
  program: PollProgram;
}

/** A hub that nothing turns but what another program says of its descriptors. */
async function startDriven(): Promise<Driven> {
  let started: Hub | undefined;
  const program = await PollProgram.start((fd, revents = 0) => {
    if (fd === undefined) started?.service();
    else {
      started?.serviceFd(fd, revents); // false: it was ready, and is gone by now
      program.done(fd);
    }
  });
  const hub = await createHub({
    drive: 'manual',
    poll: program,
    channels: { '*': { maxLagBytes: 64 * 1024 * 1024, maxLagMs: 120_000, maxStallMs: 120_000 } },
  });
  started = hub;
  whenOver(() => end(hub, program));
  return { hub, program };
}

/** Also when the program does nothing any more. */
async function end(hub: Hub, program: PollProgram): Promise<void> {
  const timer = setInterval(() => hub.service(), 10);
  await hub.close({ deadlineMs: 0 });
  clearInterval(timer);
  await program.end();
}

/** Until nothing has changed for two iterations of the event loop: by then the epoll set is as node wants it. */
async function rest(program: PollProgram): Promise<void> {
  let before: number;
  do {
    before = program.changes;
    for (let count = 0; count < 2; count++) await new Promise((resolve) => setImmediate(resolve));
  } while (program.changes !== before);
}

/** The poll array has exactly the hub's sockets, and each waits for output exactly when the kernel waits for it too. */
async function checkMirror({ hub, program }: Driven): Promise<{ peers: number; stalled: number }> {
  await rest(program);
  const polled = Object.entries(program.look());
  const epoll = epollEvents();
  const sockets = socketsOfPort(hub.port).sort();
  const [wakeUp, ...others] = polled.filter(([fd]) => !epoll.has(Number(fd)));
  expect(others).toEqual([]); // all but the wake-up descriptor are watched by node, too
  const tcp = polled.filter((entry) => entry !== wakeUp);
  expect(tcp.map(([, [, file]]) => file).sort()).toEqual(sockets);
  for (const [fd, [events]] of tcp) {
    const kernel = epoll.get(Number(fd))! & (POLLIN | POLLOUT);
    if (events !== kernel) throw new Error(`descriptor ${fd}: polled for ${events}, and node for ${kernel}`);
  }
  expect(program.objections).toEqual([]);
  return { peers: tcp.length - 1, stalled: tcp.filter(([, [events]]) => (events & POLLOUT) !== 0).length };
}

/** Peers that do not read, and so much for each that bytes wait for it in this process. */
async function stall(driven: Driven, count: number): Promise<RawPeer[]> {
  const { hub, program } = driven;
  const peers: RawPeer[] = [];
  for (let at = 0; at < count; at++) {
    const peer = await RawPeer.open(hub.port, '/big');
    peer.socket.pause();
    peers.push(peer);
  }
  const waiting = () => Object.values(program.look()).filter(([events]) => (events & POLLOUT) !== 0).length;
  while (waiting() < count) {
    expect(await hub.producer.postAsync('big', CHUNK)).toBe('posted');
    await until(async () => {
      const { drained, posted } = await hub.stats();
      return drained === posted;
    }, 'it is drained');
  }
  return peers;
}

describe('a hub that is driven by a poll loop in another program', () => {
  it('is mirrored exactly through 1,000 connects, stalls and closes, and fans out all the while', async () => {
    const driven = await startDriven();
    const { hub, program } = driven;
    const witness = await WsPeer.open(`${hub.url}/small`);
    let posted = 0;
    for (let round = 0; round < 20; round++) {
      const peers = await Promise.all(Array.from({ length: 45 }, () => WsPeer.open(`${hub.url}/small`)));
      const deaf = await stall(driven, 5);
      expect(await checkMirror(driven)).toEqual({ peers: 51, stalled: 5 });
      expect(hub.post('small', `${posted++}`)).toBe('posted');
      await Promise.all(peers.map((peer) => peer.received(1)));
      await witness.received(posted);
      // Some of the stalled ones go on reading, some go away.
      deaf[0].socket.resume();
      deaf[1].socket.resume();
      deaf[2].reset();
      deaf[3].socket.destroy();
      await until(async () => (await checkMirror(driven)).stalled === 1, 'one is left stalled');
      deaf[4].socket.resume();
      await until(async () => (await checkMirror(driven)).stalled === 0, 'none is left stalled');
      for (const [at, peer] of peers.entries()) {
        if (at % 3 === 0) peer.ws.terminate();
        else peer.ws.close();
      }
      for (const peer of deaf) peer.socket.destroy();
      await until(async () => (await checkMirror(driven)).peers === 1, 'only the witness is left');
    }
    expect(program.added).toBe(1_000 + 3); // and the witness, the listener, the wake-up descriptor
    expect(witness.texts).toEqual(Array.from({ length: posted }, (_, number) => `${number}`));
    const [wakeUp] = Object.keys(program.look()).map(Number);
    expect([hub.serviceFd(wakeUp, POLLIN), hub.serviceFd(0, POLLIN)]).toEqual([true, false]);
    await hub.close();
    expect(await witness.closed).toMatchObject({ code: 1001 });
    expect(program.look()).toEqual({});
    expect([program.deleted, program.objections]).toEqual([program.added, []]);
  });
});
