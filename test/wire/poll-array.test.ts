import { fstatSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectProducer, type HubOptions, type PollArray, PollEvent } from '../../src/main';
import { DescriptorMirror } from '../../src/workers/service/descriptor-mirror';
import { endAll, startDrivenHub, until, whenOver } from '../support/hubs';
import { RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const { POLLIN, POLLOUT } = PollEvent;
const ROOM = { channels: { '*': { maxLagBytes: 64 * 1024 * 1024, maxLagMs: 120_000, maxStallMs: 120_000 } } };

/** A poll array that keeps what it is told, and holds it against the rules. */
class RecordingArray implements PollArray {
  readonly events = new Map<number, number>();
  readonly objections: string[] = [];

  addPollFd(fd: number, events: number): void {
    if (this.events.has(fd)) this.objections.push(`${fd} is added twice`);
    fstatSync(fd); // it is open
    this.events.set(fd, events);
  }

  delPollFd(fd: number): void {
    if (!this.events.delete(fd)) this.objections.push(`${fd} is deleted and was not there`);
    fstatSync(fd); // and still open
  }

  setModePollFd(fd: number, events: number): void {
    this.#mode(fd, 0, events);
  }

  clearModePollFd(fd: number, events: number): void {
    this.#mode(fd, events, 0);
  }

  /** How many descriptors wait for exactly these events. */
  waitingFor(events: number): number {
    return [...this.events.values()].filter((mask) => mask === events).length;
  }

  #mode(fd: number, from: number, to: number): void {
    const mask = this.events.get(fd) ?? 0;
    if ((mask & (from | to)) !== from) this.objections.push(`${fd} waits for ${mask}: not ${from} to ${to}`);
    this.events.set(fd, (mask & ~from) | to);
  }
}

async function start(options: HubOptions = ROOM) {
  const array = new RecordingArray();
  const hub = await startDrivenHub({ ...options, poll: array });
  expect([array.events.size, array.waitingFor(POLLIN)]).toEqual([2, 2]); // the listener and the wake-up descriptor
  return { hub, array };
}

describe.each([
  ['TCP', {}],
  [
    'TLS',
    {
      tls: {
        key: readFileSync(path.join(__dirname, '..', 'support', 'test-key.pem')),
        cert: readFileSync(path.join(__dirname, '..', 'support', 'test-cert.pem')),
      },
    },
  ],
])('a poll array over %s', (_name, transport) => {
  it('waits for output exactly while bytes wait, and has no descriptor longer than it is open', async () => {
    const { hub, array } = await start({ ...ROOM, ...transport });
    const peer = await WsPeer.open(`${hub.url}/ticks`, [], { rejectUnauthorized: false });
    expect([array.events.size, array.waitingFor(POLLIN)]).toEqual([3, 3]);
    peer.ws.pause();
    const chunk = Buffer.alloc(256 * 1024, 7);
    let posted = 0;
    await until(async () => {
      if (array.waitingFor(POLLIN | POLLOUT) === 1) return true;
      expect(await hub.producer.postAsync('ticks', chunk)).toBe('posted');
      posted++;
      return false;
    }, 'bytes wait');
    peer.ws.resume();
    await peer.received(posted);
    await until(() => array.waitingFor(POLLIN) === 3, 'no bytes wait');
    peer.ws.close();
    await until(() => array.events.size === 2, 'its descriptor is gone');
    await hub.close();
    expect([array.events.size, array.objections]).toEqual([0, []]);
  });
});

describe('a poll array', () => {
  it('waits for input only from peers that are read', async () => {
    const { hub, array } = await start({
      channels: { '*': { handler: path.join(__dirname, 'handlers', 'pausing.js') } },
    });
    const [quiet, other] = [await WsPeer.open(hub.url), await WsPeer.open(hub.url)];
    quiet.ws.send('pause');
    await until(() => array.waitingFor(0) === 1, 'one is not read');
    expect(array.waitingFor(POLLIN)).toBe(3);
    quiet.ws.send('while it is not read');
    other.ws.send('resume');
    await quiet.received(1);
    expect(quiet.texts).toEqual(['heard while it is not read']);
    expect([array.waitingFor(POLLIN), array.objections]).toEqual([4, []]);
  });

  it('has sockets from their first moment, also of handshakes that are refused or never come', async () => {
    const { hub, array } = await start({ ...ROOM, channels: { ticks: {} } });
    const silent = new RawPeer(hub.port);
    await until(() => array.events.size === 3, 'the silent one is there');
    await expect(WsPeer.open(`${hub.url}/nowhere`)).rejects.toThrow('404');
    const nonsense = new RawPeer(hub.port);
    nonsense.socket.write('nonsense\r\n\r\n');
    await nonsense.ended;
    await until(() => array.events.size === 3, 'only the silent one is left');
    silent.reset();
    await until(() => array.events.size === 2, 'and that one is gone');
    expect(array.objections).toEqual([]);
  });

  it('has the private socket of producers in other processes, and whoever is connected to it', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'poll-array-'));
    whenOver(() => rmSync(folder, { recursive: true, force: true }));
    const socket = path.join(folder, 's');
    const array = new RecordingArray();
    const hub = await startDrivenHub({ poll: array, producers: { socket } });
    expect(array.waitingFor(POLLIN)).toBe(3);
    const producer = await connectProducer({ socket });
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    expect(await producer.postAsync('ticks', 'from outside')).toBe('posted');
    expect((await peer.received(1))[0].data.toString()).toBe('from outside');
    await until(() => array.waitingFor(POLLIN) === 5, 'the peer and the producer');
    await producer.close();
    await until(() => array.events.size === 4, 'the producer is gone');
    await hub.close();
    expect([array.events.size, array.objections]).toEqual([0, []]);
  });

  it('that throws stops nothing: the error is uncaught, but later', () => {
    const array = new RecordingArray();
    array.addPollFd = () => {
      throw new Error('no room in the array');
    };
    const mirror = new DescriptorMirror(array);
    const nextTick = jest.spyOn(process, 'nextTick').mockImplementation(() => {});
    mirror.add(0);
    const [[uncaught]] = nextTick.mock.calls;
    nextTick.mockRestore();
    expect(uncaught).toThrow('no room in the array');
    expect([mirror.has(0), mirror.telling]).toEqual([true, false]);
  });
});
