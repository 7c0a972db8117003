import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LoadwrightError, type LoadTest, type RunReport } from '@loadwright/core';
import {
  Baselines,
  compareRuns,
  readComparedRun,
  requireSameTest,
  writeComparison,
  type BaselineRecord,
} from '@loadwright/core/compare';
import { findConfigFile } from '@loadwright/core/config';
import { formatComparison } from '../output/comparison.js';
import type { Context } from '../shell/context.js';
import type { CliIo } from '../shell/io.js';
import { readPercent } from '../shell/parse.js';
import type { RunComparison } from './run-and-report.js';

/** The folder of a project, beside its configuration, that holds baselines. */
const folderName = 'baselines';

export const baselinesBeside = (baseDirectory: string) => new Baselines(join(baseDirectory, folderName));

/** The baselines of the project that the command is called in. */
export async function findBaselines({ cwd }: CliIo): Promise<Baselines> {
  const file = await findConfigFile(cwd);
  return baselinesBeside(file === undefined ? cwd : dirname(file));
}

/** The flags of a run that is compared. */
export interface BaselineFlags {
  readonly baseline?: string;
  readonly failIf?: readonly string[];
  readonly require?: readonly string[];
  /** `3%` */
  readonly runVariation?: string;
}

/** What a run is compared with. */
export interface BaselineOfRun {
  readonly baselines: Baselines;
  readonly record: BaselineRecord;
  readonly failIf: readonly string[];
  readonly require: readonly string[];
  readonly runVariation?: number;
}

/**
 * Which baseline a run is to be compared with, if any.
 *
 * @throws LoadwrightError `USAGE` for conditions without a baseline.
 */
export async function baselineOfRun(
  baseDirectory: string,
  { baseline, failIf = [], require = [], runVariation }: BaselineFlags,
): Promise<BaselineOfRun | undefined> {
  const baselines = baselinesBeside(baseDirectory);
  const variation = runVariation === undefined ? undefined : readPercent('--run-variation', runVariation);
  const isJudged = failIf.length + require.length > 0;
  const name = baseline ?? (isJudged ? await baselines.current() : undefined);
  if (name !== undefined) {
    const record = await baselines.read(name);
    return {
      baselines,
      record,
      failIf,
      require,
      ...(variation !== undefined && { runVariation: variation }),
    };
  }
  if (!isJudged && runVariation === undefined) return undefined;
  throw new LoadwrightError(
    'USAGE',
    'run: --fail-if and --require compare with a baseline, and none is named.',
    {
      hint: 'Name one, --baseline <name>, or choose one for the project: loadwright baseline use <name>.',
    },
  );
}

/** Refuses a test that is not what the baseline is of, before it costs anything. */
export async function requireComparable({ record }: BaselineOfRun, test: LoadTest): Promise<void> {
  const { target, load } = test.configuration as { target?: { kind?: string }; load?: unknown };
  const directory = await mkdtemp(join(tmpdir(), 'loadwright-payloads-'));
  try {
    const { files } = await test.bundle({ directory: join(directory, 'bundle') });
    const payloadsDigest = files.find(({ path }) => path === 'payloads.jsonl')?.sha256;
    requireSameTest(record, { target: String(target?.kind), load, payloadsDigest });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Compares a run with its baseline, and leaves the comparison in the run's folder. */
export async function compareWithBaseline(
  { baselines, record, failIf, require, runVariation }: BaselineOfRun,
  { resultsDirectory }: RunReport,
  { colors }: Context,
): Promise<RunComparison> {
  const [baseline, run] = [await baselines.runsOf(record), await readComparedRun(resultsDirectory)];
  const comparison = compareRuns(baseline, [run], {
    ...{ failIf, require },
    ...(runVariation !== undefined && { runVariation }),
  });
  await writeComparison(resultsDirectory, comparison, { baseline, candidate: [run] });
  return { comparison, lines: formatComparison(comparison, colors) };
}
