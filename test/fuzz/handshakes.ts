/**
 * Bad handshakes in numbers: 50,000 upgrade requests and 1,000 ClientHellos with changed bytes, and a valid one after each
 * thousand. Ends with 1 if anything was not caught, or a valid handshake did not work.
 *
 *     npm run fuzz:handshakes -- [COUNT] [SEED]
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createHub } from '../../src/main';
import { sendMutatedHellos, sendMutatedRequests, witness } from '../support/bad-handshakes';

const COUNT = 50_000;
const HELLOS = 1_000;

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? COUNT);
  const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
  const uncaught: unknown[] = [];
  process.on('uncaughtException', (error) => uncaught.push(error));
  process.on('unhandledRejection', (error) => uncaught.push(error));
  const pem = (name: string) => readFileSync(path.join(__dirname, '..', 'support', name));
  // In this thread: so whatever is not caught is seen here.
  const plain = await createHub({ serviceThread: false, trustedProxies: ['127.0.0.1'], logLevel: 'none' });
  const sealed = await createHub({
    serviceThread: false,
    tls: { key: pem('test-key.pem'), cert: pem('test-cert.pem') },
  });
  const begun = performance.now();
  let witnesses = 0;
  const answers = await sendMutatedRequests(plain.port, { count, seed }, async () => {
    await witness(plain.url);
    witnesses++;
  });
  const hellos = await sendMutatedHellos(sealed.port, { count: HELLOS, seed });
  await witness(sealed.url);
  const { connections, rejections } = await plain.stats();
  console.log(
    JSON.stringify({
      seed,
      requests: count,
      answers,
      hellos: HELLOS,
      helloAnswers: hellos,
      validHandshakesThatWorked: witnesses + 1,
      connectionsLeft: connections,
      rejections,
      uncaught: uncaught.map(String),
      seconds: Math.round((performance.now() - begun) / 100) / 10,
      rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
    }),
  );
  await Promise.all([plain.close(), sealed.close()]);
  if (uncaught.length > 0) process.exitCode = 1;
}

void main();
