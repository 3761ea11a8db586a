/**
 * What goes to the terminal: results to stdout, messages to stderr. Colour only where somebody can see it.
 *
 * A reader that has gone (EPIPE) is no fault of ours: it has seen enough.
 */
import pc from 'picocolors';

type Stream = NodeJS.WriteStream;

/** As clig.dev has it: `--no-color`, `NO_COLOR` and `TERM=dumb` turn it off, `FORCE_COLOR` on, else a terminal decides. */
export function wantsColor(stream: Stream, environment: NodeJS.ProcessEnv, argv: readonly string[]): boolean {
  if (argv.includes('--no-color') || environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0';
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

export class Terminal {
  readonly #quiet: boolean;
  readonly #color: ReturnType<typeof pc.createColors>;

  constructor({ quiet = false }: { quiet?: boolean } = {}) {
    this.#quiet = quiet;
    this.#color = pc.createColors(wantsColor(process.stderr, process.env, process.argv));
  }

  /** What goes on. Not said with `--quiet`. */
  note(text: string): void {
    if (!this.#quiet) process.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    process.stderr.write(`${this.#color.yellow('warning:')} ${text}\n`);
  }

  error(text: string, remedy?: string): void {
    process.stderr.write(
      `${this.#color.red('ringcast:')} ${text}\n${remedy === undefined ? '' : `${remedy}\n`}`,
    );
  }

  /** For the eye, on stderr. */
  strong(text: string): string {
    return this.#color.bold(text);
  }
}

/** Calls `gone` when nobody reads `stream` any more; other errors are thrown, as they would be. */
export function onReaderGone(stream: Stream, gone: () => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone();
  });
}
