/** The private socket itself: its file, who may come in by it, and what becomes of strangers. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { type ConnectOptions, HubErrorCode } from '../../src/main';
import { FrameReader } from '../../src/shared/foreign/frame-reader';
import {
  channelFrame,
  FrameKind,
  frameOf,
  PROTOCOL_VERSION,
  textFrame,
} from '../../src/shared/foreign/protocol';
import { endAll, startHub, until, whenOver } from '../support/hubs';
import { testAsRoot } from '../support/platform';
import { ProducerProcess, socketFolder } from '../support/processes';
import { Program, RINGCAST, ROOT } from '../support/program';
import { WsPeer } from '../support/ws-peer';

afterEach(endAll);

const socketIn = (folder: string) => path.join(folder, 'hub.sock');
const modeOf = (file: string) => (lstatSync(file).mode & 0o7777).toString(8);
const SOMEBODY_ELSE = 65_534;

/** Listens on `path`, as another program would. */
async function listen(
  file: string,
  onConnection: (socket: net.Socket) => void = () => {},
): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    whenOver(() => socket.destroy());
    onConnection(socket);
  });
  whenOver(() => server.close());
  await new Promise<void>((resolve) => server.listen(file, resolve));
  return server;
}

/** A socket that somebody left: nobody listens on it any more. */
async function staleSocket(file: string): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['--eval', program]), 'exit');
  expect(existsSync(file)).toBe(true);
}

describe('the socket for other processes', () => {
  it('has mode 0600, whatever the umask, leaves nothing beside it, and goes when the hub closes', async () => {
    const folder = socketFolder();
    const before = process.umask(0);
    try {
      const hub = await startHub({ producers: { socket: socketIn(folder) } });
      expect(hub.producerSocket).toBe(socketIn(folder));
      expect(modeOf(socketIn(folder))).toBe('600');
      expect(readdirSync(folder)).toEqual(['hub.sock']);
      await hub.close();
    } finally {
      process.umask(before);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes the place of one that a dead hub left', async () => {
    const folder = socketFolder();
    await staleSocket(socketIn(folder));
    await startHub({ producers: { socket: socketIn(folder) } });
    expect(await (await ProducerProcess.connect({ socket: socketIn(folder) })).close()).toMatchObject({
      lost: 0,
    });
    expect(readdirSync(folder)).toEqual(['hub.sock']);
  });

  it('that a living hub has is left to it', async () => {
    const folder = socketFolder();
    await startHub({ producers: { socket: socketIn(folder) } });
    await expect(startHub({ producers: { socket: socketIn(folder) } })).rejects.toMatchObject({
      code: HubErrorCode.PRODUCER_SOCKET_FAILED,
      message: expect.stringMatching(
        /another hub listens on .*hub\.sock: choose another path, or end that hub/,
      ),
    });
    expect(readdirSync(folder)).toEqual(['hub.sock']);
    await ProducerProcess.connect({ socket: socketIn(folder) });
  });

  it('that many hubs want at once is had by exactly one, also when a dead hub left one', async () => {
    const folder = socketFolder();
    const module = path.join(ROOT, 'dist/workers/service/private-socket.js');
    const program = `
      const { listenPrivately } = require(${JSON.stringify(module)});
      const server = require('node:net').createServer();
      listenPrivately(server, ${JSON.stringify(socketIn(folder))}).then(
        () => process.stdin.resume().on('end', () => process.exit()) && console.log('has it'),
        (error) => console.log(error.message),
      );`;
    for (let round = 0; round < 5; round++) {
      if (round > 0) expect(existsSync(socketIn(folder))).toBe(true);
      const all = Array.from({ length: 4 }, () => {
        const child = spawn(process.execPath, ['--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] });
        whenOver(() => child.kill('SIGKILL'));
        return child;
      });
      const answers = await Promise.all(
        all.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()),
      );
      expect(answers.filter((answer) => answer === 'has it')).toHaveLength(1);
      expect(answers.filter((answer) => answer.startsWith('another hub listens on'))).toHaveLength(3);
      expect(readdirSync(folder)).toEqual(['hub.sock']);
      for (const child of all) child.kill('SIGKILL'); // the socket stays
      await Promise.all(all.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    }
  });

  testAsRoot('is neither made nor trusted in a directory that belongs to somebody else', async () => {
    const folder = socketFolder();
    const theirs = path.join(folder, 'theirs');
    mkdirSync(theirs);
    await listen(socketIn(theirs));
    chmodSync(socketIn(theirs), 0o600);
    chownSync(theirs, SOMEBODY_ELSE, SOMEBODY_ELSE);
    await expect(startHub({ producers: { socket: path.join(theirs, 'mine.sock') } })).rejects.toThrow(
      /theirs belongs to uid 65534, who could put another socket there/,
    );
    await expect(ProducerProcess.connect({ socket: socketIn(theirs) })).rejects.toThrow(
      /theirs belongs to uid 65534/,
    );
  });

  it('is not removed when another one has its name', async () => {
    const folder = socketFolder();
    const hub = await startHub({ producers: { socket: socketIn(folder) } });
    renameSync(socketIn(folder), path.join(folder, 'moved'));
    await listen(socketIn(folder));
    await hub.close();
    expect(existsSync(socketIn(folder))).toBe(true);
  });
});

describe('a process that connects', () => {
  let other: ProducerProcess;
  beforeEach(() => {
    other = new ProducerProcess();
  });

  const refusal = async (socket: string, options: object = {}) => {
    const error = await other.does('connect', { socket, ...options }).then(
      () => ({ code: 'none', message: 'connected' }),
      (reason) => reason as Error & { code: string },
    );
    expect(error.code).toBe(HubErrorCode.CONNECT_FAILED);
    return error.message;
  };

  it('trusts no socket that others may use, or that is something else', async () => {
    const folder = socketFolder();
    let strangers = 0;
    await listen(socketIn(folder), () => strangers++);
    chmodSync(socketIn(folder), 0o660);
    expect(await refusal(socketIn(folder))).toMatch(/others have rights on .* \(mode 0660\)/);
    chmodSync(socketIn(folder), 0o600);
    symlinkSync(socketIn(folder), path.join(folder, 'link'));
    expect(await refusal(path.join(folder, 'link'))).toMatch(/link is not a socket/);
    chmodSync(folder, 0o722);
    expect(await refusal(socketIn(folder))).toMatch(/others may write to the directory/);
    expect(strangers).toBe(0);
  });

  testAsRoot('trusts no socket of another user', async () => {
    const folder = socketFolder();
    await listen(socketIn(folder));
    chmodSync(socketIn(folder), 0o600);
    chownSync(socketIn(folder), SOMEBODY_ELSE, SOMEBODY_ELSE);
    expect(await refusal(socketIn(folder))).toMatch(
      /belongs to uid 65534, not to this user \(uid 0\) or root/,
    );
  });

  it('says what is wrong when there is no hub, one that is mute, or something that is none', async () => {
    const folder = socketFolder();
    expect(await refusal(socketIn(folder))).toMatch(/there is no socket: start a hub/);
    expect(await refusal(path.join(folder, 'none/hub.sock'))).toMatch(/there is no socket: start a hub/);
    await staleSocket(socketIn(folder));
    chmodSync(socketIn(folder), 0o600);
    expect(await refusal(socketIn(folder))).toMatch(/nobody listens there any more: start the hub again/);
    const odd = path.join(folder, 'odd.sock');
    let answer = (socket: net.Socket) => void socket;
    await listen(odd, (socket) => answer(socket));
    chmodSync(odd, 0o600);
    expect(await refusal(odd, { timeoutMs: 100 })).toMatch(/no greeting from a hub at .* in 100 ms/);
    answer = (socket) => void socket.end();
    expect(await refusal(odd)).toMatch(/ended the connection instead of a greeting/);
    answer = (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await refusal(odd)).toMatch(/the longest is 67108864/);
    answer = (socket) => void socket.write(frameOf(FrameKind.ACK, Buffer.alloc(8)));
    expect(await refusal(odd)).toMatch(/no hub of this version of ringcast/);
  });

  it('may wait for a hub that comes later', async () => {
    const folder = socketFolder();
    const options: ConnectOptions = { socket: socketIn(folder), waitForHub: true, timeoutMs: 30_000 };
    const connecting = other.does('connect', options);
    const hub = await startHub({ producers: { socket: socketIn(folder) } });
    await connecting;
    expect(await other.does('post', { channel: 'ticks', text: 'x' })).toBe('posted');
    expect(await other.close()).toMatchObject({ acknowledged: 1 });
    await hub.close();
    expect(await refusal(socketIn(folder), { waitForHub: true, timeoutMs: 200 })).toMatch(
      /there is no socket/,
    );
  });

  it.each([
    [{}, /needs \{ socket \}/],
    [{ socket: 'hub.sock' }, /hub\.sock is not an absolute path/],
    [{ socket: '/x', timeout: 5 }, /unknown option timeout: connectProducer has socket, timeoutMs/],
    [{ socket: '/x', timeoutMs: 0 }, /timeoutMs is 0: it must be an integer from 1 to/],
    [{ socket: '/x', reconnect: 'no' }, /reconnect is no: it must be true or false/],
    [{ socket: '/x', maxProducers: 2000 }, /maxProducers is 2000: it must be an integer from 1 to 1024/],
  ])('is told what is wrong with its options: %j', async (options, message) => {
    await expect(other.does('connect', options)).rejects.toThrow(message);
  });
});

describe('a stranger at the socket', () => {
  /** A hub in a program of its own, whose log we can read. */
  async function hubProgram(): Promise<{ program: Program; socket: string; url: string }> {
    const socket = socketIn(socketFolder());
    const program = new Program(RINGCAST, ['run', '--port', '0', '--json', '--socket', socket]);
    whenOver(async () => {
      program.process.kill('SIGKILL');
      await program.ended;
    });
    await program.prints(/\n/, 'stdout');
    return { program, socket, url: JSON.parse(program.stdout).url };
  }

  async function connect(socket: string): Promise<net.Socket> {
    const connection = net.connect(socket);
    connection.on('error', () => {});
    whenOver(() => connection.destroy());
    await once(connection, 'connect');
    return connection;
  }

  const hello = (fields: object = {}) =>
    textFrame(
      FrameKind.HELLO,
      JSON.stringify({
        ringcast: PROTOCOL_VERSION,
        pid: 4711,
        session: randomBytes(16).toString('hex'),
        next: 1,
        ...fields,
      }),
    );

  it.each([
    ['speaks HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['begins with a message', frameOf(FrameKind.TEXT, Buffer.alloc(8))],
    ['greets with nonsense', textFrame(FrameKind.HELLO, '{"ringcast":"1"}')],
    [
      'greets without an end',
      Buffer.concat([hello().subarray(0, 4), Buffer.from([0x20, 0, 0, 0]), Buffer.alloc(2_000)]),
    ],
    [
      'greets at length',
      textFrame(FrameKind.HELLO, JSON.stringify({ ringcast: 1, more: 'x'.repeat(1_100) })),
    ],
  ])('that %s is refused, and logged', async (_what, bytes) => {
    const { program, socket } = await hubProgram();
    const stranger = await connect(socket);
    stranger.resume();
    stranger.write(bytes);
    await once(stranger, 'close');
    await program.prints(
      /warn service: a stranger is refused at .*hub\.sock: it does not greet as a producer does\n/,
      'stderr',
    );
  });

  it('of another version is told which one the hub has', async () => {
    const { program, socket } = await hubProgram();
    const stranger = await connect(socket);
    stranger.write(hello({ ringcast: PROTOCOL_VERSION + 1 }));
    const [answer] = await once(stranger, 'data');
    const reader = new FrameReader(2_000);
    reader.push(answer);
    expect(reader.next()).toBe(true);
    expect(reader.kind).toBe(FrameKind.REFUSED);
    expect(JSON.parse(answer.toString('utf8', reader.start, reader.end))).toEqual({
      code: HubErrorCode.CONNECT_FAILED,
      message: `the process speaks version ${PROTOCOL_VERSION + 1} of the protocol, the hub version ${PROTOCOL_VERSION}: load the same version of ringcast in both`,
    });
    await program.prints(/warn service: process 4711 is refused/, 'stderr');
  });

  it('that says nothing is refused after a while; while very many are silent, further ones are turned away at once', async () => {
    const { program, socket } = await hubProgram();
    const MOST = 64 + 1 + 16;
    const silent = await Promise.all(Array.from({ length: MOST }, () => connect(socket)));
    const closed = silent.map((stranger) => once(stranger.resume(), 'close'));
    const late = await connect(socket);
    await once(late.resume(), 'close');
    await program.prints(/refused .*: 81 others have not said who they are yet\n/, 'stderr');
    await Promise.all(closed);
    const similar = MOST - 10; // the log tells of ten one by one
    await program.prints(
      new RegExp(`… ${similar} similar: a stranger is refused at .*: no greeting in 2000 ms\\n`),
      'stderr',
    );
    const after = await connect(socket);
    after.write(hello());
    expect((await once(after, 'data'))[0][4]).toBe(FrameKind.WELCOME);
  });

  it('that greets well and then breaks the protocol is ended, and what it left of a message is nowhere', async () => {
    const { program, socket, url } = await hubProgram();
    const peer = await WsPeer.open(`${url}/ticks`);
    const message = (text: string) =>
      frameOf(FrameKind.TEXT, Buffer.concat([Buffer.alloc(8), Buffer.from(text)]));
    const good = [hello(), channelFrame(0, Buffer.from('ticks')), message('one')];
    const bad = [
      [message('lost').subarray(0, 18)], // and no more: killed in the middle
      [frameOf(FrameKind.WELCOME, Buffer.alloc(0))],
      [frameOf(FrameKind.TEXT, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]))], // a channel without a name
      [frameOf(FrameKind.TEXT, Buffer.alloc(3))],
      [channelFrame(5_000, Buffer.from('far'))],
      [channelFrame(1, Buffer.alloc(0))],
      [channelFrame(1, Buffer.alloc(256, 'x'))],
      [channelFrame(1, Buffer.from('*'))],
      [frameOf(FrameKind.UNPOSTED, Buffer.alloc(8))],
      [Buffer.from([255, 255, 255, 127, 1, 0, 0, 0])], // two gigabytes follow
    ];
    for (const [at, bytes] of bad.entries()) {
      const stranger = await connect(socket);
      stranger.resume();
      stranger.write(Buffer.concat([...good, ...bytes]));
      if (at === 0) stranger.end();
      await once(stranger, 'close');
    }
    await peer.received(bad.length);
    expect(peer.texts).toEqual(bad.map(() => 'one'));
    const broken = /warn service: the connection of process 4711 ended: it broke the protocol: .*\n/g;
    await until(() => program.stderr.match(broken)?.length === bad.length - 1, 'each fault is logged');
    await until(async () => {
      const again = await connect(socket);
      again.write(hello());
      return (await once(again, 'data'))[0][4] === FrameKind.WELCOME;
    }, 'the lanes came back');
  });
});
