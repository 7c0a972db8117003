import { highest, line, type Chart, type ChartSpan } from '../../report/chart.js';
import { formatFigure, formatMilliseconds, formatRatio } from '../../values/format.js';
import type { Level } from '../contract.js';
import type { Calibration } from '../result.js';

/** Of the upper limit: levels beyond it are in the table alone. */
const beyond = 1.3;

/** The knee: times, failures, throughput and concurrency over the rate. None without a level that was offered. */
export function curveCharts({ levels, capacities }: Calibration): Chart[] {
  const offered = levels.filter(({ invalid }) => invalid.length === 0);
  const most = beyond * Math.max(...capacities.map(({ interval: [, upper] }) => upper ?? Infinity));
  const near = offered.filter(({ rate }) => rate <= most);
  // Far into overload the times grow with the length of the trial, and would hide the knee.
  const valid = near.length > 1 ? near : offered;
  if (valid.length === 0) return [];
  const last = valid.at(-1)!.rate;
  const spans = capacities.map(({ interval: [lower, upper] }): ChartSpan => ({
    kind: 'interval',
    label: '',
    from: lower,
    to: upper ?? last,
  }));
  const markers = capacities.flatMap(({ estimate }) =>
    estimate === null ? [] : [{ label: `${formatFigure(estimate)}/s`, x: estimate }],
  );
  const common = {
    ...{ kind: 'curve' as const, labelHeading: 'Rate', acrossUnit: 'requests/s offered', spans, markers },
    x: valid.map(({ rate }) => rate),
    labels: valid.map(({ rate }) => `${formatFigure(rate)}/s`),
  };
  const times = (key: 'p50' | 'p95' | 'p99', tone: string) =>
    line(
      key,
      tone,
      valid.map((level) => level[key]),
      formatMilliseconds,
    );
  const of = (pick: (level: Level) => number) => valid.map(pick);
  const knee = highest(of(({ p95 }) => p95 ?? 0));
  return [
    {
      ...common,
      ...{ id: 'knee', title: 'Response times', unit: 'ms', atLeast: 1, ribbon: true },
      summary: `p95 goes up to ${formatMilliseconds(knee)} at ${formatFigure(last)} requests/s.`,
      series: [times('p50', '1'), times('p95', '2'), times('p99', '3')],
    },
    {
      ...common,
      ...{ id: 'answered', title: 'Offered and answered', unit: 'requests/s', atLeast: 1 },
      summary: `Up to ${formatFigure(highest(of(({ throughput }) => throughput)))} requests/s were answered.`,
      series: [
        line(
          'Offered',
          '2',
          of(({ rate }) => rate),
          formatFigure,
        ),
        line(
          'Answered',
          '1',
          of(({ throughput }) => throughput),
          formatFigure,
        ),
      ],
    },
    ...(highest(of(({ failed }) => failed)) === 0 ? [] : [failures(common, valid)]),
    {
      ...common,
      ...{ id: 'concurrency', title: 'Requests under way', unit: 'requests', atLeast: 1 },
      summary: `Throughput × mean response time (Little's law): up to ${formatFigure(highest(of(({ concurrency }) => concurrency)))}.`,
      series: [
        line(
          'Under way',
          '5',
          of(({ concurrency }) => concurrency),
          formatFigure,
        ),
      ],
    },
  ];
}

type Common = Pick<Chart, 'kind' | 'labelHeading' | 'acrossUnit' | 'x' | 'labels'> &
  Partial<Pick<Chart, 'spans' | 'markers'>>;

function failures(common: Common, levels: readonly Level[]): Chart {
  const failed = levels.map((level) => level.failed);
  return {
    ...common,
    ...{ id: 'failed', title: 'Failed', unit: '% of requests', atLeast: 1 },
    summary: `Up to ${formatRatio(highest(failed))} of a level failed.`,
    series: [
      { ...line('Failed', 'failure', failed, formatRatio), values: failed.map((share) => share * 100) },
    ],
  };
}
