import { join } from 'node:path';
import { formatDuration } from '@loadwright/core';
import { describeLimit, type Calibration, type Capacity, type Level } from '@loadwright/core/calibrate';
import {
  formatDollars,
  formatFigure,
  formatMilliseconds,
  formatNumber,
  formatRatio,
} from '@loadwright/core/report';
import type { Colors } from './colors.js';
import { factFormatter, formatTable } from './table.js';

/** A calibration for people. */
export function formatCalibration(calibration: Calibration, colors: Colors): string[] {
  const { levels, causes, spent, capacities, confidence, end, resultsDirectory } = calibration;
  const fact = factFormatter(colors);
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    ...['rate', 'p50', 'p95', 'p99', 'failed', 'answered', 'under way', 'trials'].map(right),
    'objective',
  ];
  const { usDollars } = spent;
  return [
    formatTable(
      columns,
      levels.map((level) => rowOf(level, colors)),
      colors,
    ),
    '',
    ...capacities.flatMap((capacity) => describeCapacity(capacity, confidence, colors)),
    ...causes.map(({ reason }) => `  ${colors.yellow('!')} ${reason}`),
    fact(
      'limit',
      `resource of the service: ${describeLimit(calibration)}${calibration.observed ? '' : ' (--observe reads it)'}`,
    ),
    ...(calibration.observed?.notes ?? []).map((note) => `  ${colors.yellow('!')} ${note}`),
    fact(
      'spent',
      `${formatDuration(Math.round(spent.seconds))}, ${formatNumber(spent.requests)} requests` +
        `${usDollars === undefined ? '' : `, about ${formatDollars(usDollars)}`}; ended by: ${ends[end]}`,
    ),
    fact('report', join(resultsDirectory, 'calibration.html')),
  ];
}

const ends: Readonly<Record<Calibration['end'], string>> = {
  precision: 'the interval is as narrow as wanted',
  budget: 'the budget is spent',
  generator: 'the generator offers no more',
  'highest-rate': 'the objective holds at the highest rate',
  'nothing-holds': 'the objective holds at no rate',
  aborted: 'stopped',
};

function rowOf(level: Level, colors: Colors): string[] {
  const classes = {
    lower: colors.green('holds'),
    upper: colors.red('breaks'),
    undecided: 'open',
    invalid: 'INVALID',
  };
  return [
    `${formatFigure(level.rate)}/s`,
    ...[level.p50, level.p95, level.p99].map(formatMilliseconds),
    formatRatio(level.failed),
    `${formatFigure(level.throughput)}/s`,
    formatFigure(level.concurrency),
    String(level.trials),
    level.classes.map((name) => classes[name]).join(', '),
  ];
}

function describeCapacity(capacity: Capacity, confidence: number, colors: Colors): string[] {
  const { tier, estimate, interval, width, brokenBy } = capacity;
  const [lower, upper] = interval;
  const rate = (value: number) => `${formatFigure(value)}/s`;
  const between =
    upper === null
      ? `at least ${rate(lower)}; no rate is proven to break it`
      : `${rate(lower)} to ${rate(upper)} (${formatRatio(confidence)} interval${width === null ? '' : `, ${formatRatio(width)} wide`})`;
  return [
    `  ${colors.bold(tier)}`,
    `    capacity ${estimate === null ? '' : `${colors.bold(rate(estimate))}, `}${between}`,
    ...(brokenBy === null ? [] : [`    broken by ${brokenBy}`]),
  ];
}
