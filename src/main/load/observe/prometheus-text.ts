/** The text exposition format of Prometheus, version 0.0.4. Pure. */
import { type LiveMetric, liveMetrics, runLabels } from './live-metrics';
import type { RunProgress } from './progress';

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const PREFIX = 'ringcast_bench_';

export function prometheusText(progress: RunProgress): string {
  const common = runLabels(progress);
  const phase: LiveMetric = {
    name: 'phase',
    help: 'Which phase the run is in.',
    unit: '1',
    labels: { phase: progress.phase },
    value: 1,
  };
  const result = Object.entries(progress.result?.metrics ?? {}).map(
    ([metric, value]): LiveMetric => ({
      name: 'result',
      help: 'What the run came to: docs/bench-reports.md has each metric.',
      unit: '1',
      labels: { metric },
      value,
    }),
  );
  return familiesOf([phase, ...liveMetrics(progress), ...result], common);
}

/** Metrics of one name are told together, below one head. */
function familiesOf(metrics: LiveMetric[], common: LiveMetric['labels']): string {
  let text = '';
  let last = '';
  for (const { name, help, labels, value } of metrics) {
    if (name !== last) text += `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} gauge\n`;
    last = name;
    text += `${PREFIX}${name}${labelText({ ...common, ...labels })} ${value}\n`;
  }
  return text;
}

function labelText(labels: { [name: string]: string }): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${labelName(name)}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Users' labels may be called anything. */
function labelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
