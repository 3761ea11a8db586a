// The task of producer-pool.mjs. A pool's thread attaches once, and posts in every task that it gets.
import { attachProducer } from 'ringcast/producer';

const producer = attachProducer(); // finds workerData.ringcast

export default function postPrimes({ from, to }) {
  let found = 0;
  for (let number = Math.max(from, 2); number < to; number++) {
    if (!isPrime(number)) continue;
    if (producer.postWait('primes', String(number)) !== 'posted') break;
    found++;
  }
  return found;
}

function isPrime(number) {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}
