/** `ringcast serve` and `ringcast doctor`, as they are built. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { REFERENCE_TARGETS } from '../../src/main/load/options';
import { endAll, whenOver } from '../support/hubs';
import { Program, RINGCAST } from '../support/program';
import { WsPeer } from '../support/ws-peer';

afterEach(endAll);

function ringcast(...args: string[]): Program {
  const program = new Program(RINGCAST, args);
  whenOver(async () => {
    program.process.kill('SIGKILL');
    await program.ended;
  });
  return program;
}

describe('ringcast serve', () => {
  test.each(REFERENCE_TARGETS)('--target %s listens until a signal', async (target) => {
    const program = ringcast('serve', '--target', target, '--json', '--quiet');
    const [line] = await program.prints(/^.*\n/, 'stdout');
    const told = JSON.parse(line);
    expect(told).toMatchObject({ event: 'listening', target, pid: program.process.pid });
    expect(told.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/bench$/);
    program.process.kill('SIGTERM');
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr, last: JSON.parse(stdout.trimEnd().split('\n').pop()!).event }).toEqual({
      code: 0,
      stderr: '',
      last: 'closed',
    });
  });

  test('closes its connections, and a sink tells what it took', async () => {
    const program = ringcast('serve', '-t', 'sink', '--json');
    const [line] = await program.prints(/^.*\n/, 'stdout');
    const peer = await WsPeer.open(JSON.parse(line).url);
    peer.ws.send('12345');
    peer.ws.ping();
    await once(peer.ws, 'pong'); // so the message is there
    program.process.kill('SIGINT');
    const { code, stdout, stderr } = await program.ended;
    await peer.closed;
    expect({ code, stdout: stdout.split('\n')[1] }).toEqual({
      code: 0,
      stdout: '{"event":"closed","messages":1,"bytes":5}',
    });
    expect(stderr).toMatch(/^sink listens on ws:.*\. Ctrl-C ends it\.\nSIGINT: closing\.\n$/);
  });

  test('--list tells of each server', async () => {
    const { code, stdout } = await ringcast('serve', '--list').ended;
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual([...REFERENCE_TARGETS]);
  });

  test.each([
    [[], /^ringcast: --target is missing: which server\?\nIt is one of ringcast, ws-loop/],
    [['-t', 'uws'], /'uws' is invalid.*Allowed choices are ringcast, ws-loop/],
    [['-t', 'sink', '--port', '65536'], /'65536' is invalid.*whole number, from 0 to 65535/],
  ])('%j: what is wrong and what is allowed', async (args, expected) => {
    const { code, stdout, stderr } = await ringcast('serve', ...args).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
  });

  test.each(['ws-loop', 'echo', 'socket.io'])('--target %s at a port that somebody has', async (target) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    whenOver(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await ringcast('serve', '-q', '-t', target, '-p', String(port)).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`Cannot listen on 127.0.0.1:${port}: another program has this port.`);
  });
});

describe('ringcast doctor', () => {
  test('tells each check with its number, and where something is in the way what repairs it', async () => {
    const { code, stdout } = await ringcast('doctor', '-c', '1000000').ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok +node +Node \d+/);
    expect(stdout).toMatch(
      /^fail +descriptors +a process may open \d+ .* room for about \d+ of 1000000 clients\n +→ sudo prlimit/m,
    );
  });

  test('--json', async () => {
    const { code, stdout } = await ringcast('doctor', '-c', '10', '--json').ended;
    const { ok, clients, checks } = JSON.parse(stdout);
    expect({ code, ok, clients }).toEqual({ code: 0, ok: true, clients: 10 });
    expect(checks[0]).toMatchObject({ name: 'node', status: 'ok', value: process.versions.node });
  });

  test('looks whether the server answers', async () => {
    const { code, stdout } = await ringcast('doctor', 'ws://127.0.0.1:1/x').ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^fail +server +127\.0\.0\.1:1 cannot be reached: ECONNREFUSED\n +→ start the server, or correct the port$/m,
    );
  });

  test.each([
    [['-c', '0'], "'0' is invalid", 'whole number, from 1 to 1000000'],
    [['localhost:80'], 'The URL must begin with ws:// or wss://', 'localhost:80'],
    [['--source-ip', 'lo'], '--source-ip is "lo"', 'an address such as 127.0.0.2'],
  ])('%j: what is wrong and what is allowed', async (args, what, allowed) => {
    const { code, stderr } = await ringcast('doctor', ...args).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).toContain(allowed);
  });
});
