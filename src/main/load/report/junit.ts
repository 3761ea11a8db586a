/** A result as JUnit XML: a test case for each threshold, for validity, and for each check of correctness. Pure. */
import type { Check } from '../../../shared/load/plan';
import type { LoadResult } from '../../../shared/load/result';
import { faultsOf } from '../correctness';
import { escapeMarkup, oneLine } from './plain-text';
import { textReport } from './text';
import { actualText, headline } from './view';

interface Case {
  name: string;
  /** Undefined: it passed. */
  failure: string | undefined;
}

const CHECK_NAMES: Record<Check, string> = {
  loss: 'no message is lost',
  order: 'no message is reordered or duplicated',
  content: 'no message is corrupt',
};

export function junitReport(result: LoadResult): string {
  const cases = casesOf(result);
  const failures = cases.filter((one) => one.failure !== undefined).length;
  const seconds = ((Date.parse(result.run.endedAt) - Date.parse(result.run.startedAt)) / 1e3 || 0).toFixed(3);
  const suite = xml(`ringcast bench ${oneLine(result.run.name)}`.trim());
  const counts = `tests="${cases.length}" failures="${failures}" errors="0"`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="ringcast bench" ${counts} time="${seconds}">`,
    `  <testsuite name="${suite}" ${counts} skipped="0" time="${seconds}" timestamp="${xml(oneLine(result.run.startedAt))}">`,
    '    <properties>',
    ...propertiesOf(result).map(
      ([name, value]) => `      <property name="${xml(oneLine(name))}" value="${xml(oneLine(value))}"/>`,
    ),
    '    </properties>',
    ...cases.map((one) => caseText(one, suite)),
    `    <system-out>${textReport(result)
      .split('\n')
      .map((line) => xml(line))
      .join('\n')}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
}

function casesOf(result: LoadResult): Case[] {
  const { verdict, run, config, reconciliation } = result;
  const checks = config.checks.map((check): Case => {
    const faults = faultsOf({ config: { checks: [check] }, reconciliation });
    return { name: CHECK_NAMES[check], failure: faults.length === 0 ? undefined : faults.join(', ') };
  });
  return [
    {
      name: 'the run came to its end',
      failure: run.ended === 'complete' ? undefined : `it ended: ${run.ended}`,
    },
    {
      name: 'the run is valid',
      failure: verdict.valid ? undefined : verdict.reasons.join('; ') || 'not valid',
    },
    ...checks,
    ...result.thresholds.map((threshold) => ({
      name: threshold.expression,
      failure: threshold.passed ? undefined : `it was ${actualText(threshold)}`,
    })),
  ];
}

function caseText({ name, failure }: Case, suite: string): string {
  const start = `    <testcase name="${xml(oneLine(name))}" classname="${suite}"`;
  if (failure === undefined) return `${start}/>`;
  return `${start}>\n      <failure message="${xml(oneLine(failure))}"/>\n    </testcase>`;
}

function propertiesOf(result: LoadResult): [string, string][] {
  const { env, run, target } = result;
  return [
    ['test', headline(result).join(', ')],
    ['target', target.name],
    ['ringcast', env.ringcast],
    ['node', env.node],
    ['cpu', env.cpu],
    ...Object.entries(run.labels),
  ];
}

function xml(text: string): string {
  return escapeMarkup(text);
}
