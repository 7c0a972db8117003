import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LoadwrightError } from '@loadwright/core';
import { writeWhole } from '@loadwright/core/command';
import {
  compareRuns,
  renderComparisonJunit,
  renderComparisonMarkdown,
  type ComparedRun,
  type Comparison,
} from '@loadwright/core/compare';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import { configureCompareRun } from './compare-run.js';
import { findResults } from '../config/configuration.js';
import { formatComparison } from '../output/comparison.js';
import { examples } from '../output/help.js';
import { findRun, findRuns, readReport, readWholeSeries, type PastRun } from '../run/results.js';
import type { Context } from '../shell/context.js';
import { collect } from '../shell/parse.js';

interface CompareFlags {
  readonly baseline?: readonly string[];
  readonly candidate?: readonly string[];
  readonly last?: string;
  readonly failIf?: readonly string[];
  readonly margin: string;
  readonly runVariation?: string;
  readonly format: 'text' | 'markdown';
  readonly junit?: string;
  readonly results?: string;
}

export function configure(command: Command, context: Context): void {
  configureCompareRun(command, context);
  command
    .description(
      'Compare runs before a change with runs after it: differences with their 95 % confidence intervals. A run is a run id, ' +
        'a name (its newest run), or a folder with a summary.json.',
    )
    .option('--baseline <run...>', 'the runs before the change, in place of the first argument')
    .option('--candidate <run...>', 'the runs after the change, in place of the second argument')
    .option('--last <number>', 'with two names: the newest runs of each name, so many')
    .option(
      '--fail-if <condition>',
      'exit with 99 when a difference is shown, such as "p(95)>+5%"; may be given several times',
      collect,
    )
    .option('--margin <percent>', 'the smallest difference that matters', '5%')
    .option(
      '--run-variation <percent>',
      'standard deviation between runs of the same thing, known from earlier runs; judges a single run a side',
    )
    .addOption(new Option('--format <format>', 'of stdout').choices(['text', 'markdown']).default('text'))
    .option('--junit <file>', 'write the conditions as JUnit XML')
    .option('--results <folder>', 'where the results are (default: as the configuration says, or results)')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright compare 4f32386de5 75bc872ee9', 'two runs'],
        [
          "loadwright compare before after --last 6 --fail-if 'p(95)>+5%'",
          'six runs of each name, made in turn; a gate for a pipeline',
        ],
      ]),
    )
    .action(
      context.action((baseline: string | undefined, candidate: string | undefined, options: CompareFlags) =>
        compare(baseline, candidate, options, context),
      ),
    );
}

async function compare(
  first: string | undefined,
  second: string | undefined,
  options: CompareFlags,
  context: Context,
): Promise<ExitCode> {
  const { io } = context;
  const sides = sidesOf(first, second, options);
  const percents = {
    margin: readPercent('--margin', options.margin),
    ...(options.runVariation !== undefined && {
      runVariation: readPercent('--run-variation', options.runVariation),
    }),
  };
  const last = readLast(options.last);
  const results = await findResults(options.results, io);
  const [baseline, candidate] = [
    await readSide(sides[0], results, last, io.cwd),
    await readSide(sides[1], results, last, io.cwd),
  ];
  const comparison = compareRuns(baseline, candidate, { ...percents, failIf: options.failIf ?? [] });
  if (options.junit !== undefined) await writeJunit(resolve(io.cwd, options.junit), comparison);
  if (context.json) context.printJson(comparison);
  else if (options.format === 'markdown') context.print(renderComparisonMarkdown(comparison).trimEnd());
  else context.print(...formatComparison(comparison, context.colors));
  if (comparison.verdict === 'INVALID') return exitCodes.invalid;
  return comparison.verdict === 'FAIL' ? exitCodes.thresholdFailed : exitCodes.pass;
}

function sidesOf(
  first: string | undefined,
  second: string | undefined,
  { baseline, candidate }: CompareFlags,
): [readonly string[], readonly string[]] {
  const given = [
    baseline ?? (first === undefined ? [] : [first]),
    candidate ?? (second === undefined ? [] : [second]),
  ];
  const isTwice = (baseline && first !== undefined) || (candidate && second !== undefined);
  if (given.some(({ length }) => length === 0) || isTwice) {
    throw new LoadwrightError(
      'USAGE',
      'compare: expected two runs, or --baseline and --candidate with runs.',
      {
        hint: 'Name the run before the change and the run after it. "loadwright report --list" lists all.',
      },
    );
  }
  return given as [string[], string[]];
}

/** `5%` or `5 %` → 0.05. */
function readPercent(flag: string, text: string): number {
  const [, digits] = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text) ?? [];
  const share = Number(digits) / 100;
  if (digits !== undefined && share < 1) return share;
  throw new LoadwrightError('USAGE', `${flag}: found "${text}", expected a percentage below 100 %.`, {
    hint: `Use, for example, ${flag} 3%.`,
  });
}

function readLast(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new LoadwrightError('USAGE', `--last: found "${text}", expected a whole number from 1.`, {
    hint: 'Use, for example, --last 6.',
  });
}

async function readSide(
  references: readonly string[],
  results: string,
  last: number | undefined,
  cwd: string,
): Promise<ComparedRun[]> {
  const runs: PastRun[] = [];
  for (const reference of references) {
    const folder = resolve(cwd, reference);
    if (await isRunFolder(folder)) {
      runs.push({ name: basename(dirname(folder)), runId: basename(folder), directory: folder });
    } else if (last !== undefined) runs.push(...(await findRuns(results, reference, last)));
    else runs.push(await findRun(results, reference));
  }
  return Promise.all(
    runs.map(async (run) => ({ report: await readReport(run), series: await readWholeSeries(run) })),
  );
}

const isRunFolder = (folder: string) =>
  stat(join(folder, 'summary.json')).then(
    (found) => found.isFile(),
    () => false,
  );

async function writeJunit(file: string, comparison: Comparison): Promise<void> {
  try {
    await writeWhole(file, renderComparisonJunit(comparison), { mode: 0o666 });
  } catch (error) {
    throw new LoadwrightError('USAGE', `--junit ${file}: ${(error as Error).message}.`, {
      hint: 'Name a file in a folder that exists and that you may write to.',
      cause: error,
    });
  }
}
