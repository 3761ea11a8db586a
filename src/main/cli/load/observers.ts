/** Who looks at a bench while it runs: as the flags say, and as the terminal allows. */
import pc from 'picocolors';
import type { LoadObserver } from '../../load/observe/observer';
import { wantsColor } from '../terminal';
import type { BenchValues } from './bench-flags';
import { JsonDisplay, PlainDisplay } from './displays';
import { LiveView } from './live-view';

/** Observers, and a way to say a line that does not disturb them. */
export interface Audience {
  observers: LoadObserver[];
  say(line: string): void;
}

export function audienceFor(values: BenchValues, stderr: NodeJS.WriteStream = process.stderr): Audience {
  const { json, quiet, noProgress } = values;
  const observers: LoadObserver[] = json
    ? [new JsonDisplay((line) => process.stdout.write(`${line}\n`))]
    : [];
  if (json || quiet || noProgress) return { observers, say: (line) => stderr.write(`${line}\n`) };
  if (stderr.isTTY && process.env.TERM !== 'dumb') {
    const view = new LiveView(stderr, paintFor(stderr));
    return { observers: [view], say: (line) => view.say(line) };
  }
  const plain = new PlainDisplay((line) => stderr.write(`${line}\n`));
  return { observers: [plain], say: (line) => stderr.write(`${line}\n`) };
}

function paintFor(stream: NodeJS.WriteStream) {
  const color = pc.createColors(wantsColor(stream, process.env, process.argv));
  return { strong: color.bold, faint: color.dim, bad: color.red };
}
