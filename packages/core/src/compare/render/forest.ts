import type { Comparison, FigureComparison } from '../contract.js';
import { describeConclusion, formatDifference, formatSide } from '../format.js';

/** Size of the drawing of one difference, in units of its own. */
const size = { width: 220, height: 24 };
/** Left free at both ends, for the heads of arrows. */
const edge = 8;
/** So many margins are always to be seen on each side. */
const marginsShown = 3;

/** How the figures were compared. */
type Compared = Pick<Comparison, 'margin' | 'method' | 'runVariation'>;

/** What a difference means for the service. */
type Tone = 'better' | 'worse' | 'neutral';

/** One figure: its texts, and its interval as it is drawn. */
export interface ForestRow {
  /** In the parts between which a line may end. */
  readonly nameParts: readonly string[];
  readonly conclusion: string;
  readonly tone: Tone;
  readonly difference: string;
  readonly interval: string;
  readonly baseline: string;
  readonly candidate: string;
  /** Absent: there is no difference to draw. */
  readonly drawn?: {
    readonly from: number;
    readonly to: number;
    readonly at: number;
    /** The interval reaches beyond the drawing on that side. */
    readonly cut: { readonly left: boolean; readonly right: boolean };
  };
}

/** Differences with their intervals over one axis, 0 in its middle. */
export interface Forest {
  readonly rows: readonly ForestRow[];
  readonly size: typeof size;
  /** Where the axis begins and ends, and what it reads there. */
  readonly left: number;
  readonly right: number;
  readonly ends: readonly [low: string, high: string];
  /** The ground of differences that do not matter. */
  readonly margin: readonly [from: number, to: number];
}

/** @param figures Of one scale. */
export function forestOf(figures: readonly FigureComparison[], comparison: Compared): Forest {
  const { margin } = comparison;
  const scale = figures[0]?.scale ?? 'ratio';
  const smallest = scale === 'ratio' ? margin : margin / 10;
  const reach = reachOf(figures, smallest);
  const middle = size.width / 2;
  const place = (difference: number) =>
    round(middle + (Math.max(-1, Math.min(1, difference / reach)) * (size.width - 2 * edge)) / 2);
  return {
    rows: figures.map((figure) => rowOf(figure, comparison, reach, place)),
    ...{ size, left: edge, right: size.width - edge },
    ends: [formatDifference(-reach, scale), formatDifference(reach, scale)],
    margin: [place(-smallest), place(smallest)],
  };
}

function rowOf(
  figure: FigureComparison,
  comparison: Compared,
  reach: number,
  place: (difference: number) => number,
): ForestRow {
  const { difference, interval, scale } = figure;
  const tone = toneOf(figure);
  return {
    nameParts: figure.figure.split(/(?<=[_{:/.-])/),
    conclusion: `${describeConclusion(figure, comparison)}${tone === 'neutral' ? '' : ` (${tone})`}`,
    tone,
    difference: formatDifference(difference, scale),
    interval: interval?.map((limit) => formatDifference(limit, scale)).join(' to ') ?? '–',
    baseline: formatSide(figure.baseline, figure),
    candidate: formatSide(figure.candidate, figure),
    ...(difference !== null &&
      interval && {
        drawn: {
          ...{ from: place(interval[0]), to: place(interval[1]), at: place(difference) },
          cut: { left: interval[0] < -reach, right: interval[1] > reach },
        },
      }),
  };
}

function toneOf({ conclusion, worse }: FigureComparison): Tone {
  if (worse === undefined || (conclusion !== 'higher' && conclusion !== 'lower')) return 'neutral';
  return conclusion === worse ? 'worse' : 'better';
}

/** Far enough for all differences; an interval that is much wider than they are is cut. */
function reachOf(figures: readonly FigureComparison[], smallest: number): number {
  const most = (values: readonly number[]) =>
    values.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
  const intervals = most(figures.flatMap(({ interval }) => interval ?? []));
  const differences = most(figures.map(({ difference }) => difference ?? 0));
  return upwards(Math.min(Math.max(intervals, smallest), Math.max(marginsShown * smallest, 2 * differences)));
}

/** The next round number. */
function upwards(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  // Of 0.05 / 0.01 nothing is to be lost to the last digit.
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => value <= one * power * (1 + 1e-9))!;
  return step * power;
}

const round = (value: number) => Math.round(value * 10) / 10;
