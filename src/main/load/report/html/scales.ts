/** Ranges and ticks of axes, worked out once for what is drawn here and what the browser draws. Pure. */
import { Kind } from '../../quantity';

export interface Scale {
  min: number;
  max: number;
  ticks: number[];
  log: boolean;
}

const MOST_TICKS = 6;
/** Latencies that lie further apart than this are told apart on a logarithmic scale only. */
const LOG_FROM_RATIO = 20;

export function scaleFor(
  values: readonly (number | null)[],
  kind: Kind,
  { log }: { log: 'never' | 'auto' | 'always' },
): Scale {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const positive = known.filter((value) => value > 0);
  const wide = positive.length > 0 && Math.max(...positive) / Math.min(...positive) > LOG_FROM_RATIO;
  const useLog = positive.length > 0 && (log === 'always' || (log === 'auto' && wide));
  return useLog
    ? logScale(Math.min(...positive), Math.max(...positive))
    : linearScale(Math.max(0, ...known), kind);
}

function linearScale(highest: number, kind: Kind): Scale {
  const unit = kind === Kind.BYTES ? 1_024 ** Math.max(0, Math.floor(Math.log2(highest || 1) / 10)) : 1;
  if (highest === 0) return { min: 0, max: unit, ticks: [0, unit], log: false };
  const wanted = niceStep(highest / unit / (MOST_TICKS - 1)) * unit;
  const step = kind === Kind.COUNT ? Math.max(1, wanted) : wanted;
  const steps = Math.max(1, Math.ceil(highest / step - 1e-9));
  const ticks = Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)));
  return { min: 0, max: ticks.at(-1)!, ticks, log: false };
}

/** From 1, 2 or 5 times a power of ten to another. */
function logScale(lowest: number, highest: number): Scale {
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(lowest)) - 1; power <= Math.ceil(Math.log10(highest)) + 1; power++) {
    for (const digit of [1, 2, 5]) all.push(Number(`${digit}e${power}`));
  }
  const min = all.filter((tick) => tick <= lowest).at(-1)!;
  const max = all.find((tick) => tick >= highest && tick > min)!;
  const within = all.filter((tick) => tick >= min && tick <= max);
  const decades = within.filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6));
  const ticks = within.length <= MOST_TICKS + 1 || decades.length < 2 ? within : decades;
  return { min, max, ticks, log: true };
}

/** 1, 2 or 5 times a power of ten, at least `step`. */
export function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5, 10].find((nice) => nice * power >= step * (1 - 1e-9))!;
  return digit * power;
}
