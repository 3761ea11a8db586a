/** Addresses of servers, as people give them. */
import type { Faults } from './faults';

/** @returns the URL, or nothing where none was given or it is wrong */
export function resolveUrl(option: string, given: string | undefined, faults: Faults): string {
  if (given === undefined) return '';
  if (!URL.canParse(given)) {
    faults.add(option, `must be a URL such as ws://127.0.0.1:8080/path, and is ${JSON.stringify(given)}`);
    return '';
  }
  const url = new URL(given);
  const protocol = { 'ws:': 'ws:', 'wss:': 'wss:', 'http:': 'ws:', 'https:': 'wss:' }[url.protocol];
  if (protocol !== url.protocol) {
    const meant =
      protocol === undefined ? '' : `: did you mean ${protocol}${given.slice(url.protocol.length)}?`;
    faults.add(option, `must begin with ws:// or wss://, and is ${JSON.stringify(given)}${meant}`);
  }
  if (url.hash !== '') faults.add(option, 'must have no fragment (#…): servers never see it');
  return url.href;
}

/** Whether a URL leads to this host by its loopback interface, over IPv4. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
