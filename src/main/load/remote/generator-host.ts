/**
 * The generator's end of a link: does what the coordinator asks for with a generator of this process, and aborts it when the
 * link ends.
 *
 * Thread: the main one, of a generator's process or of an agent.
 */
import type { Duplex } from 'node:stream';
import type { Generator } from '../../../shared/load/generator';
import type { GeneratorSnapshot } from '../../../shared/load/snapshot';
import { Link, type LinkOptions } from './link';
import type { Calls, Request } from './protocol';
import { decodePublished, encodeSnapshot } from './snapshot-codec';

export class GeneratorHost {
  readonly link: Link;
  /** Resolves when the link is over and the generator has left nothing behind. */
  readonly over: Promise<Error>;
  readonly #generator: Generator;

  constructor(stream: Duplex, generator: Generator, options: Omit<LinkOptions, 'answer' | 'failed'>) {
    this.#generator = generator;
    this.link = new Link(stream, { ...options, answer: (request) => this.#answer(request) });
    generator.failed.catch((error: unknown) => this.link.tellFailed(error));
    this.over = this.link.ended.then(async (why) => {
      await generator.abort();
      return why;
    });
  }

  async #answer({ call, with: argument }: Request): Promise<unknown> {
    const generator = this.#generator;
    switch (call) {
      case 'prepare': {
        const { plan, share } = argument as Calls['prepare'];
        return generator.prepare(plan, share);
      }
      case 'setClock':
        return generator.setClock(Number((argument as Calls['setClock']).offsetNs));
      case 'begin':
        return generator.begin((argument as Calls['begin']).timetable);
      case 'finish':
        return encodeSnapshot(
          await generator.finish(decodePublished((argument as Calls['finish']).published)),
        );
      case 'snapshot':
        return encodeSnapshot(await this.#snapshot((argument as Calls['snapshot']).published));
      default:
        return generator[call]();
    }
  }

  #snapshot(published: unknown): Promise<GeneratorSnapshot> {
    return this.#generator.snapshot(published === null ? undefined : decodePublished(published));
  }
}
