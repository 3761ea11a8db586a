/** A syslog daemon of a test's own: Debian's rsyslog, with its own configuration, sockets, ports and output. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** One line, as the daemon understood it. */
export interface SyslogLine {
  facility: string;
  severity: string;
  program: string;
  pid: number;
  time: Date;
  text: string;
}

export class Rsyslog {
  readonly folder: string;
  readonly port: number;
  /** Datagrams come here. */
  readonly socket: string;
  /** A stream. */
  readonly streamSocket: string;
  #daemon: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
    this.folder = mkdtempSync(path.join(tmpdir(), 'ringcast-syslog-'));
    this.socket = path.join(this.folder, 'log.sock');
    this.streamSocket = path.join(this.folder, 'stream.sock');
    writeFileSync(path.join(this.folder, 'rsyslog.conf'), this.#configuration());
  }

  static async create(): Promise<Rsyslog> {
    return new Rsyslog(await freePort());
  }

  #configuration(): string {
    const { folder, port, socket, streamSocket } = this;
    return `
global(workDirectory="${folder}" maxMessageSize="16k")
module(load="imuxsock" SysSock.Use="off")
module(load="imptcp")
module(load="imudp")
input(type="imuxsock" Socket="${socket}" UsePIDFromSystem="off" RateLimit.Interval="0")
input(type="imptcp" path="${streamSocket}" unlink="on")
input(type="imptcp" address="127.0.0.1" port="${port}")
input(type="imudp" address="127.0.0.1" port="${port}")
template(name="fields" type="string"
  string="%syslogfacility-text%|%syslogseverity-text%|%app-name%|%procid%|%timereported:::date-rfc3339%|%msg%\\n")
*.* action(type="omfile" file="${this.#output}" template="fields")
`;
  }

  get #output(): string {
    return path.join(this.folder, 'output');
  }

  /** Resolves once it listens everywhere. */
  async start(): Promise<void> {
    const files = ['-f', path.join(this.folder, 'rsyslog.conf'), '-i', path.join(this.folder, 'pid')];
    const daemon = spawn('rsyslogd', ['-n', ...files], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [daemon.stdout, daemon.stderr])
      stream.on('data', (text) => {
        said += text;
      });
    this.#daemon = daemon;
    for (const deadline = Date.now() + 30_000; !this.#listens(); await aMoment()) {
      if (daemon.exitCode !== null || Date.now() > deadline)
        throw new Error(`rsyslogd does not run: ${said}`);
    }
  }

  /** Its sockets are there, and a line that goes the longest way comes out. */
  #listens(): boolean {
    const line = `up ${process.hrtime.bigint()}`;
    try {
      for (const way of [
        ['--socket', this.socket],
        ['--tcp', '--server', '127.0.0.1', '--port', `${this.port}`],
      ])
        execFileSync('logger', ['--socket-errors=on', '-t', 'ringcast-ready', ...way, line], {
          stdio: 'ignore',
        });
    } catch {
      return false;
    }
    return existsSync(this.streamSocket);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null) return;
    const ended = once(daemon, 'exit');
    daemon.kill(signal);
    await ended;
  }

  /** It takes nothing any more, until `resume`. */
  pause(): void {
    this.#daemon?.kill('SIGSTOP');
  }

  resume(): void {
    this.#daemon?.kill('SIGCONT');
  }

  /** What has come from `program`, in order. */
  lines(program: string): SyslogLine[] {
    if (!existsSync(this.#output)) return [];
    const lines = readFileSync(this.#output, 'utf8').split('\n').slice(0, -1);
    return lines
      .map((line) => {
        const [facility, severity, name, pid, time, ...text] = line.split('|');
        const fields = { facility, severity, program: name, pid: Number(pid), time: new Date(time) };
        return { ...fields, text: text.join('|').trimStart() };
      })
      .filter((line) => line.program === program);
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
