/** The conformance table against our framing: an echo through the ring and the log of a channel. */
import { startServer } from '../../src/main/load/target/start-server';
import {
  CONFORMANCE,
  type ConformanceCase,
  checkCase,
  inWrites,
  type Mode,
  type Server,
} from '../support/conformance';
import { endAll, whenOver } from '../support/hubs';

afterAll(endAll);

const bytesIn = (writes: Buffer[]) => writes.reduce((sum, { length }) => sum + length, 0);
const MODES: Mode[] = ['message', 'fragments'];

async function startEcho(strict: boolean): Promise<Server> {
  const server = await startServer(
    'echo',
    undefined,
    { host: '127.0.0.1', port: 0 },
    { strict, compression: true },
  );
  whenOver(() => server.close());
  return { port: Number(new URL(server.url).port), strict };
}

/** @returns what is not as it should be, and the refusals on purpose by code */
async function tryAll(cases: ConformanceCase[], mode: Mode, server: Server) {
  const faults: string[] = [];
  const refusals: Record<number, number> = {};
  for (const one of cases) {
    const { fault, refused } = await checkCase(one, mode, server);
    if (fault !== undefined) faults.push(`${one.title}: ${fault}`);
    if (refused !== undefined) refusals[refused] = (refusals[refused] ?? 0) + 1;
  }
  return { faults, refusals };
}

it('has about 250 rows, each under a title of its own', () => {
  const titles = CONFORMANCE.flatMap(({ name, cases }) => cases.map(({ title }) => `${name}: ${title}`));
  expect(titles.length).toBeGreaterThanOrEqual(250);
  expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
});

describe('an echo with generous limits', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startEcho(false);
  });

  describe.each(MODES)('that receives %s', (mode) => {
    it.each(CONFORMANCE)('keeps the rules of $name ($rules)', async ({ cases }) => {
      expect(await tryAll(cases, mode, server)).toEqual({ faults: [], refusals: {} });
    });

    it('keeps them when every byte comes alone', async () => {
      const short = CONFORMANCE.flatMap(({ cases }) => cases).filter(({ send }) => bytesIn(send) < 300);
      const cut = short.map((one) => ({ ...one, send: one.send.flatMap((bytes) => inWrites(bytes, 1)) }));
      expect(cut.length).toBeGreaterThan(200);
      expect(await tryAll(cut, mode, server)).toEqual({ faults: [], refusals: {} });
    });
  });
});

describe('an echo with the limits that a hub has by default', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startEcho(true);
  });
  const limited = CONFORMANCE.filter(({ cases }) => cases.some(({ strict }) => strict !== undefined));

  it.each(MODES)('refuses what is past them, and nothing else, where it receives %s', async (mode) => {
    const refusals: Record<number, number> = {};
    for (const { cases } of limited) {
      const { faults, refusals: some } = await tryAll(cases, mode, server);
      expect(faults).toEqual([]);
      for (const [code, count] of Object.entries(some)) refusals[+code] = (refusals[+code] ?? 0) + count;
    }
    expect(refusals).toEqual(mode === 'message' ? { 1008: 3, 1009: 10 } : { 1009: 10 });
  });
});
