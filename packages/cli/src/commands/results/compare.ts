import { resolve } from 'node:path';
import { LoadwrightError } from '@loadwright/core';
import {
  compareRuns,
  readComparedRun,
  renderComparisonHtml,
  renderComparisonJunit,
  renderComparisonMarkdown,
  type Baselines,
  type ComparedRun,
} from '@loadwright/core/compare';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import { configureCompareRun } from './compare-run.js';
import { findResults } from '../../config/configuration.js';
import { formatComparison } from '../../output/comparison.js';
import { examples } from '../../output/help.js';
import { findBaselines } from '../../run/baseline.js';
import { findSide, writeFileOf, type SideOptions } from '../../run/compared.js';
import type { Context } from '../../shell/context.js';
import { collect, readLast, readPercent } from '../../shell/parse.js';

interface CompareFlags {
  readonly baseline?: readonly string[];
  readonly candidate?: readonly string[];
  readonly last?: string;
  readonly failIf?: readonly string[];
  readonly require?: readonly string[];
  readonly margin: string;
  readonly power: string;
  readonly runVariation?: string;
  readonly format: 'text' | 'markdown';
  readonly junit?: string;
  readonly html?: string;
  readonly results?: string;
}

export function configure(command: Command, context: Context): void {
  configureCompareRun(command, context);
  command
    .description(
      'Compare runs before a change with runs after it: differences with their 95 % confidence intervals. A run is a run id, ' +
        'a name (its newest run), or a folder with a summary.json.',
    )
    .option(
      '--baseline <run...>',
      'the runs before the change, or a saved baseline, in place of the first argument',
    )
    .option('--candidate <run...>', 'the runs after the change, in place of the second argument')
    .option('--last <number>', 'with two names: the newest runs of each name, so many')
    .option(
      '--fail-if <condition>',
      'exit with 99 when a difference is shown, such as "p(95)>+5%"; may be given several times',
      collect,
    )
    .option(
      '--require <condition>',
      'exit with 0 only when it is shown, such as "p(95)<+5%": no worse than 5 %; with 99 when the contrary is, with 96 when neither is; may be given several times',
      collect,
    )
    .option('--margin <percent>', 'the smallest difference that matters', '5%')
    .option(
      '--power <percent>',
      'chance with which the number of pairs that is printed finds such a difference',
      '90%',
    )
    .option(
      '--run-variation <percent>',
      'standard deviation between runs of the same thing, known from earlier runs; judges a single run a side',
    )
    .addOption(new Option('--format <format>', 'of stdout').choices(['text', 'markdown']).default('text'))
    .option('--junit <file>', 'write the conditions as JUnit XML')
    .option(
      '--html <file>',
      'write a page: every difference with its interval, and both sides over each other',
    )
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
        [
          "loadwright compare before after --last 6 --require 'p(95)<+5%'",
          'passes only when the runs show that it is no worse',
        ],
        [
          'loadwright compare --baseline main --candidate 75bc872ee9',
          'with a saved baseline (loadwright baseline save)',
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
  const baselines = await findBaselines(io);
  const sides = await sidesOf(first, second, options, baselines);
  const percents = {
    margin: readPercent('--margin', options.margin),
    power: readPercent('--power', options.power),
    ...(options.runVariation !== undefined && {
      runVariation: readPercent('--run-variation', options.runVariation),
    }),
  };
  const last = readLast(options.last);
  const results = await findResults(options.results, io);
  const where = { results, last, cwd: io.cwd };
  const [baseline, candidate] = [
    await readBaseline(sides[0], where, baselines),
    await readAll(await findSide(sides[1], where)),
  ];
  requireDifferentRuns(baseline, candidate);
  const comparison = compareRuns(baseline, candidate, {
    ...percents,
    failIf: options.failIf ?? [],
    require: options.require ?? [],
  });
  if (options.junit !== undefined)
    await writeFileOf('--junit', resolve(io.cwd, options.junit), renderComparisonJunit(comparison));
  if (options.html !== undefined) {
    const html = await renderComparisonHtml(comparison, { baseline, candidate });
    await writeFileOf('--html', resolve(io.cwd, options.html), html);
  }
  if (context.json) context.printJson(comparison);
  else if (options.format === 'markdown') context.print(renderComparisonMarkdown(comparison).trimEnd());
  else context.print(...formatComparison(comparison, context.colors));
  if (comparison.verdict === 'INVALID') return exitCodes.invalid;
  return comparison.verdict === 'FAIL' ? exitCodes.thresholdFailed : exitCodes.pass;
}

/** @throws LoadwrightError `USAGE`: a run is no different from itself. */
function requireDifferentRuns(baseline: readonly ComparedRun[], candidate: readonly ComparedRun[]): void {
  const known = new Set(baseline.map(({ report }) => report.runId));
  const twice = candidate.find(({ report }) => known.has(report.runId))?.report.runId;
  if (twice === undefined) return;
  throw new LoadwrightError('USAGE', `compare: the run ${twice} is on both sides, expected different runs.`, {
    hint: 'Name the run before the change and the run after it. "loadwright report --list" lists all.',
  });
}

async function sidesOf(
  first: string | undefined,
  second: string | undefined,
  { baseline, candidate }: CompareFlags,
  baselines: Baselines,
): Promise<[readonly string[], readonly string[]]> {
  const isTwice = (baseline && second !== undefined) || (candidate && second !== undefined);
  const named = [first, second].filter((run) => run !== undefined);
  const given: [readonly string[], readonly string[]] = [
    baseline ?? (candidate || second !== undefined ? named.slice(0, 1) : []),
    candidate ?? named.slice(-1),
  ];
  // One run alone is compared with what the project compares with.
  const current = given[0].length === 0 ? await baselines.current() : undefined;
  if (current !== undefined) given[0] = [current];
  if (given.some(({ length }) => length === 0) || isTwice || (baseline && candidate && first !== undefined)) {
    throw new LoadwrightError(
      'USAGE',
      'compare: expected two runs, or --baseline and --candidate with runs.',
      {
        hint: 'Name the run before the change and the run after it. "loadwright report --list" lists all; "loadwright baseline use <name>" makes one run enough.',
      },
    );
  }
  return given;
}

const readAll = (folders: readonly string[]): Promise<ComparedRun[]> =>
  Promise.all(folders.map(readComparedRun));

/** A single name that is a saved baseline's means that. */
async function readBaseline(
  references: readonly string[],
  where: SideOptions,
  baselines: Baselines,
): Promise<ComparedRun[]> {
  const [name = ''] = references;
  if (references.length === 1 && where.last === undefined && (await baselines.has(name)))
    return baselines.runsOf(await baselines.read(name));
  return readAll(await findSide(references, where));
}
