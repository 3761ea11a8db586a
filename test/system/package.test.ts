import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What every consumer below does: a hub, a producer in a worker thread, a peer that gets the message. */
const SCENARIO = `
  const { once } = require('node:events');
  const { Worker } = require('node:worker_threads');
  const { WebSocket } = require('ws');
  module.exports = async (createHub) => {
    const hub = await createHub({ channels: { news: {} } });
    const peer = new WebSocket(hub.url + '/news');
    await once(peer, 'open');
    const got = once(peer, 'message');
    const worker = new Worker(
      "require('ringcast/producer').attachProducer().postWait('news', 'from a thread')",
      { eval: true, workerData: { ringcast: hub.producerHandle() } },
    );
    const [data] = await got;
    await once(worker, 'exit');
    const closed = once(peer, 'close');
    await hub.close();
    const [code] = await closed;
    console.log(String(data) + ' ' + code);
  };
`;

describe('the packed tarball, installed into an empty project', () => {
  let folder: string;
  const run = (command: string, args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0)
      throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
    return stdout;
  };

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ringcast-package-'));
    const root = path.join(__dirname, '..', '..');
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root, encoding: 'utf8' }),
    );
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
    run('npm', ['install', '--no-audit', '--no-fund', path.join(folder, packed.filename)]);
    writeFileSync(path.join(folder, 'scenario.cjs'), SCENARIO);
  }, 180_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('works from CommonJS', () => {
    writeFileSync(path.join(folder, 'main.cjs'), `require('./scenario.cjs')(require('ringcast').createHub);`);
    expect(run(process.execPath, ['main.cjs']).trim()).toBe('from a thread 1001');
  });

  test('works from an ES module, and is one and the same library there', () => {
    writeFileSync(
      path.join(folder, 'main.mjs'),
      `import { createRequire } from 'node:module';
       import { createHub, HubError } from 'ringcast';
       import { attachProducer, HubError as TheSame } from 'ringcast/producer';
       import scenario from './scenario.cjs';
       const require = createRequire(import.meta.url);
       if (HubError !== TheSame || attachProducer !== require('ringcast').attachProducer) throw new Error('two copies');
       await scenario(createHub);`,
    );
    expect(run(process.execPath, ['main.mjs']).trim()).toBe('from a thread 1001');
  });

  test('carries types that a strict TypeScript project can use, in both module kinds', () => {
    const source = `
      import { createHub, type Hub, type HubStats, type PostResult, type ProducerHandle, type HandlerModule } from 'ringcast';
      import { attachProducer, type Producer, type Settlement } from 'ringcast/producer';
      import { loadTest, LoadOptionsError, type LoadOptions, type LoadResult } from 'ringcast/load';
      export async function load(options: LoadOptions): Promise<number | null | undefined> {
        const { latency, verdict }: LoadResult = await loadTest({ ...options, thresholds: ['lost == 0'] });
        // @ts-expect-error
        await loadTest({ client: 5 });
        return verdict.valid ? latency.response.percentiles['99'] : null;
      }
      export const isRefused = (error: unknown) => error instanceof LoadOptionsError;
      export async function main(): Promise<void> {
        const hub: Hub = await createHub({ port: 0, channels: { a: { slow: 'wait' }, '*': {} }, ring: { laneBytes: 65536 } });
        hub.on('message', (info, data: string | Uint8Array) => { void hub.send(info.id, data); });
        const handle: ProducerHandle = hub.producerHandle();
        const producer: Producer = attachProducer(handle);
        const result: PostResult = producer.post('a', 'text');
        const settled: Settlement = await producer.postTracked('a', new Uint8Array(3)).settled;
        const stats: HubStats = await hub.stats();
        console.log(result, settled.sent, stats.channels.a.pending);
        // @ts-expect-error an unknown option is an error when it is compiled, too
        await createHub({ prot: 1 });
        await hub.close();
      }
      export const handler: HandlerModule = { onMessage: (connection, data) => { connection.send(data); } };
    `;
    writeFileSync(path.join(folder, 'check.mts'), source);
    writeFileSync(path.join(folder, 'check.cts'), source);
    writeFileSync(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          module: 'Node16',
          target: 'ES2022',
          noEmit: true,
          skipLibCheck: true, // as `tsc --init` has it: piscina's own types need resolveJsonModule
          types: ['node'],
          typeRoots: [path.join(__dirname, '..', '..', 'node_modules', '@types')],
        },
        files: ['check.mts', 'check.cts'],
      }),
    );
    const compiler = path.join(__dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc');
    expect(run(process.execPath, [compiler, '-p', '.'])).toBe('');
  });

  test('makes a load test from an ES module, and from CommonJS, by the same copy', () => {
    writeFileSync(
      path.join(folder, 'load.mjs'),
      `import { createRequire } from 'node:module';
       import { loadTest } from 'ringcast/load';
       if (createRequire(import.meta.url)('ringcast/load').loadTest !== loadTest) throw new Error('two copies');
       const { totals, reconciliation } = await loadTest({ clients: 2, ratePerSecond: 50, durationMs: 200, warmupMs: 0, settleMs: 0 });
       console.log(totals.published, reconciliation.received, reconciliation.lost);`,
    );
    expect(run(process.execPath, ['load.mjs']).trim()).toBe('10 20 0');
  });

  test('loads neither ws nor piscina nor comlink for a producer', () => {
    writeFileSync(
      path.join(folder, 'producer.cjs'),
      `require('ringcast/producer');
       const loaded = Object.keys(require.cache).filter((file) => file.includes('node_modules'));
       console.log(loaded.length > 5, loaded.filter((file) => !file.includes(require('node:path').join('node_modules', 'ringcast'))));`,
    );
    expect(run(process.execPath, ['producer.cjs']).trim()).toBe('true []');
  });

  test('brings a command that says its version', () => {
    expect(run(path.join(folder, 'node_modules', '.bin', 'ringcast'), ['--version']).trim()).toBe(
      require('../../package.json').version,
    );
  });
});
