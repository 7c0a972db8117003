import type { Sample } from '../measure/sample-contract.js';
import type { ThresholdResult } from '../results/summary.js';
import { redactStrings } from '../secrets/redactor.js';
import * as format from '../values/format.js';
import { printable } from '../values/printable.js';
import type { Chart } from './chart.js';
import { generatorCharts, timeCharts } from './charts.js';
import { renderPage, renderPart } from './page.js';
import { thresholdRow } from './thresholds-view.js';

/** What is known of a run while it goes on. */
export interface LiveRun {
  readonly name: string;
  readonly target: string;
  readonly phase: string;
  /** Planned length of the load, in seconds. */
  readonly durationSeconds: number;
  readonly warmUpSeconds: number;
  readonly samples: readonly Sample[];
  /** What they would say if the load ended now; empty before the first judged second. */
  readonly thresholds: readonly ThresholdResult[];
  readonly warnings: readonly string[];
  /** Somebody has asked for its end. */
  readonly isStopping: boolean;
  /** Another run, whose charts are shown beside. */
  readonly beside?:
    { readonly title: string; readonly samples: readonly Sample[]; readonly isGoingOn?: boolean } | undefined;
  /** What may be shown beside, and where. */
  readonly others: readonly { readonly title: string; readonly address: string }[];
}

/** The parts of the page that change. */
export interface LiveUpdate {
  readonly head: string;
  readonly thresholds: string;
  /** The charts that the page must have, each with its unit and lines: others come with the whole page. */
  readonly ids: string;
  readonly charts: readonly {
    readonly id: string;
    readonly x: readonly number[];
    readonly labels: readonly string[];
    readonly summary: string;
    /** Of the series that are drawn. */
    readonly values: readonly (readonly (number | null)[])[];
    /** Of all series. */
    readonly texts: readonly (readonly string[])[];
  }[];
}

const chartsOf = (run: Pick<LiveRun, 'samples' | 'warmUpSeconds'>): Chart[] => {
  const report = { series: run.samples, warmUpSeconds: run.warmUpSeconds };
  return [...timeCharts(report), ...generatorCharts(report)];
};

const besideOf = ({ beside }: LiveRun): Chart[] =>
  beside
    ? chartsOf({ samples: beside.samples, warmUpSeconds: 0 }).map((chart) => ({
        ...chart,
        id: `${chart.id}-beside`,
      }))
    : [];

/** What changes each second of a run, and of one beside it that goes on as well. */
export function renderLiveUpdate(run: LiveRun): LiveUpdate {
  const charts = [...chartsOf(run), ...(run.beside?.isGoingOn ? besideOf(run) : [])];
  return redactStrings(
    {
      head: renderPart('live-head', headOf(run)),
      thresholds: renderPart('thresholds', {
        ...{ thresholds: run.thresholds.map(thresholdRow), format },
        isLive: true,
      }),
      ids: charts
        .map(({ id, unit, series }) => [id, unit, ...series.map(({ label }) => label)].join('/'))
        .join(' '),
      charts: charts.map(({ id, x, labels, summary, series }) => ({
        ...{ id, x, labels, summary },
        values: series.filter(({ tone }) => tone !== undefined).map(({ values }) => values),
        texts: series.map(({ texts }) => texts),
      })),
    },
    printable,
  );
}

/**
 * The page of a run that goes on. It asks for nothing but its own events, and lets nothing run but the script that is
 * written here.
 *
 */
export async function renderLivePage(run: LiveRun): Promise<string> {
  const charts = chartsOf(run);
  const beside = besideOf(run);
  const pairs = charts.map((chart) => ({
    chart,
    other: beside.find(({ id }) => id === `${chart.id}-beside`),
  }));
  const { head, thresholds, ids } = renderLiveUpdate(run);
  const html = await renderPage(
    'live',
    pairs.flatMap(({ chart, other }) => [chart, ...(other ? [other] : [])]),
    { run, head, thresholds, ids, pairs, format, tone: headOf(run).tone },
    { scripts: ['live.js'], allowed: ["connect-src 'self'"] },
  );
  return printable(html);
}

function headOf(run: LiveRun) {
  const last = run.samples.at(-1);
  const broken = run.thresholds.filter(({ passed }) => !passed).length;
  const [word, tone] =
    run.thresholds.length === 0
      ? ['Waiting', 'invalid']
      : broken === 0
        ? ['Holding', 'pass']
        : ['Breaking', 'fail'];
  return { run, last, broken, word, tone, format };
}
