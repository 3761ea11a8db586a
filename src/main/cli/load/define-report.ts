/** The commands `ringcast report` and `ringcast compare`: their flags and their help. */
import { type Command, InvalidArgumentError } from 'commander';
import { collect } from '../arguments';
import { exitWith } from '../exit-with';
import type { CompareFlags } from './compare';
import type { ReportFlags } from './report';
import { share, ValueError } from './values';

const REPORT_EXAMPLES = `Examples:
  ringcast report result.json                                as the terminal showed it
  ringcast report result.json -o report.html -o junit.xml    the ends of the names say the formats
  ringcast report result.json --format md --github           for a job summary of GitHub
  ringcast report --schema > result.schema.json
`;
const COMPARE_EXAMPLES = `Examples:
  ringcast compare base.json new.json
  ringcast compare base.json new.json --tolerance 3% -o compare.md
  ringcast compare ws-loop.json ringcast.json uws.json       each with the first
  ringcast compare base.json new.json --metric response.p99 --metric server.rss_per_client
`;
const REPORT_AFTER = `
Exit codes: 0 good, 1 a file cannot be read or written, 2 wrong usage.
Manual: docs/bench-reports.md`;
const COMPARE_AFTER = `
Results with several runs (ringcast bench --repeat 5 -o base.json) let noise be told from change.
Exit codes: 0 no regression, 1 something is worse, 2 wrong usage, or the tests are not the same.
Manual: docs/bench-reports.md`;

export function defineReportCommands(program: Command): void {
  defineReport(program);
  defineCompare(program);
}

function defineReport(program: Command): void {
  program
    .command('report')
    .summary('make a report of a load test')
    .description('Makes reports of a result that ringcast bench -o result.json wrote.')
    .argument('[file]', 'the result')
    .addHelpText('before', REPORT_EXAMPLES)
    .addHelpText('after', REPORT_AFTER)
    .option(
      '-o, --output <FILE>',
      'write to this file: .html, .md, .txt, .csv, .ndjson, .hgrm, .xml (JUnit), .json, gab.json (again for more)',
      collect,
    )
    .option('--format <NAME>', 'print this format: the end of such a name')
    .option('--github', 'append Markdown to $GITHUB_STEP_SUMMARY')
    .option('--schema', 'print the JSON Schema of results')
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (file: string | undefined, options: ReportFlags) => {
      const { report } = require('./report') as typeof import('./report');
      await exitWith(report(file, options));
    });
}

function defineCompare(program: Command): void {
  program
    .command('compare')
    .summary('compare results of load tests')
    .description('Compares results with the first of them, and fails if something got worse.')
    .argument('<base>', 'the result to compare with')
    .argument('<new...>', 'results to compare')
    .addHelpText('before', COMPARE_EXAMPLES)
    .addHelpText('after', COMPARE_AFTER)
    .option(
      '--tolerance <SHARE>',
      'changes up to this count as the same (default: 5%, of single runs 10%)',
      readShare,
    )
    .option('--metric <NAME>', 'compare this metric (again for more)', collect)
    .option('--force', 'compare also what is not the same test, or not valid')
    .option('-o, --output <FILE>', 'write the comparison to this file: .md, .txt or .json', collect)
    .option('--github', 'append Markdown to $GITHUB_STEP_SUMMARY')
    .option('--json', 'print it as JSON')
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (base: string, others: string[], options: CompareFlags) => {
      const { compare } = require('./compare') as typeof import('./compare');
      await exitWith(compare(base, others, options));
    });
}

function readShare(text: string): number {
  try {
    return share.read(text);
  } catch (error) {
    if (error instanceof ValueError) throw new InvalidArgumentError('It must be a share such as 5% or 0.05.');
    throw error;
  }
}
