import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescriptorWriter, MAX_WAITING_BYTES } from '../../../../src/shared/log/descriptor-writer';

/** A pipe that holds so many bytes, and whose reader reads when the test says so. */
class Pipe {
  room = 0;
  fault: string | undefined;
  written = '';
  readonly write = (_fd: number, bytes: Uint8Array): number => {
    const code = this.fault ?? (this.room === 0 ? 'EAGAIN' : undefined);
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    const taken = Buffer.from(bytes.subarray(0, this.room));
    this.room -= taken.length;
    this.written += taken.toString();
    return taken.length;
  };
}

function world(room: number) {
  const pipe = new Pipe();
  pipe.room = room;
  return { pipe, writer: new DescriptorWriter(99, pipe.write) };
}

describe('a writer of lines', () => {
  it('writes at once where there is room', () => {
    const { pipe, writer } = world(1_000);
    writer.write('one');
    writer.write('two €');
    expect(pipe.written).toBe('one\ntwo €\n');
    expect(writer.lost).toBe(0);
  });

  it('keeps what finds no room, also half a line, and goes on in order', () => {
    const { pipe, writer } = world(5);
    for (const line of ['one', 'two', 'three']) writer.write(line);
    expect(pipe.written).toBe('one\nt');
    pipe.room = 3;
    writer.write('four');
    expect(pipe.written).toBe('one\ntwo\n');
    pipe.room = 1_000;
    writer.flush(0);
    expect(pipe.written).toBe('one\ntwo\nthree\nfour\n');
  });

  it('tries again by itself', async () => {
    const { pipe, writer } = world(0);
    writer.write('late');
    pipe.room = 1_000;
    for (const deadline = Date.now() + 10_000; pipe.written === '' && Date.now() < deadline; )
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(pipe.written).toBe('late\n');
  });

  it('keeps no more than its limit, counts the rest, and tells when there is room again', () => {
    const { pipe, writer } = world(0);
    const line = 'x'.repeat(1023);
    const fit = MAX_WAITING_BYTES / 1024;
    for (let i = 0; i < fit + 7; i++) writer.write(line);
    expect(writer.lost).toBe(7);
    pipe.room = Number.MAX_SAFE_INTEGER;
    writer.flush(0);
    const lines = pipe.written.trimEnd().split('\n');
    expect(lines.filter((each) => each === line)).toHaveLength(fit);
    expect(lines.filter((each) => each === '… 7 lines were lost here')).toHaveLength(1);
    expect(lines).toHaveLength(fit + 1);
  });

  test.each(['EPIPE', 'ENOSPC', 'EIO', 'EBADF'])('survives %s, and says later what was lost', (fault) => {
    const { pipe, writer } = world(1_000);
    pipe.fault = fault;
    writer.write('one');
    writer.write('two');
    expect(writer.lost).toBe(2);
    pipe.fault = undefined;
    writer.write('three');
    expect(pipe.written).toBe('three\n… 2 lines were lost here\n');
  });

  it('gives up on a descriptor that takes nothing, at the end', () => {
    const { pipe, writer } = world(0);
    writer.write('never');
    writer.flush(50);
    expect(pipe.written).toBe('');
  });

  it('writes to real files, full ones too', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ringcast-log-'));
    try {
      const file = path.join(folder, 'log');
      const fd = openSync(file, 'w');
      const writer = new DescriptorWriter(fd);
      writer.write('a line');
      closeSync(fd);
      expect(readFileSync(file, 'utf8')).toBe('a line\n');
      const full = openSync('/dev/full', 'w');
      const fullWriter = new DescriptorWriter(full);
      fullWriter.write('a line');
      fullWriter.write('a line');
      closeSync(full);
      expect(fullWriter.lost).toBe(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
