import { formatFigure, formatNumber, nothing } from '../values/format.js';
import type { FrontierRow } from './plan/frontier.js';

/** Size of the drawing and its margins, in units of its own. */
const size = { width: 480, height: 280, left: 64, right: 16, top: 16, bottom: 52 };

/** Where a way of scaling stands: its middle, and how far its interval reaches. */
interface Mark {
  readonly number: number;
  readonly x: number;
  readonly y: number;
  readonly across: readonly [from: number, to: number];
  readonly up: readonly [from: number, to: number];
}

/** Cost against capacity, with intervals: what the template draws. */
interface FrontierPicture {
  readonly rows: readonly Readonly<Record<'name' | 'carries' | 'instances' | 'holds' | 'cost', string>>[];
  readonly cost: string;
  readonly marks: readonly Mark[];
  /** Ticks of the two axes, and the height of the peak. */
  readonly across: readonly { readonly at: number; readonly text: string }[];
  readonly up: readonly { readonly at: number; readonly text: string }[];
  readonly peak: number;
  readonly size: typeof size;
}

/** @param peakPerSecond What has to be held. */
export function frontierPicture(rows: readonly FrontierRow[], peakPerSecond: number): FrontierPicture {
  const isPriced = rows.every(({ usDollarsPerMonth }) => usDollarsPerMonth !== undefined);
  const costOf = (row: FrontierRow) => (isPriced ? row.usDollarsPerMonth! : row.meanInstances);
  const text = isPriced ? formatNumber : formatFigure;
  const most = {
    // Where an instance costs nothing, all stand at the beginning of an axis.
    cost: (Math.max(...rows.map((row) => costOf(row)[1])) || 1) * 1.1,
    rate: Math.max(peakPerSecond, ...rows.map(({ holds }) => holds[1])) * 1.1,
  };
  const { width, height, left, right, top, bottom } = size;
  const across = (cost: number) => left + (cost / most.cost) * (width - left - right);
  const up = (rate: number) => height - bottom - (rate / most.rate) * (height - top - bottom);
  const middle = ([low, high]: readonly [number, number]) => (low + high) / 2;
  const range = ([low, high]: readonly [number, number], format: (value: number) => string) =>
    format(low) === format(high) ? format(low) : `${format(low)} – ${format(high)}`;
  const ticks = (highest: number, at: (value: number) => number) =>
    roundTicks(highest).map(({ value, text }) => ({ at: at(value), text }));
  return {
    rows: rows.map((row) => {
      const [base, peak] = row.instances;
      return {
        name: row.name,
        carries: row.carries === undefined ? nothing : row.carries ? 'yes' : 'no',
        instances: base === peak ? String(base) : `${base} – ${peak}`,
        holds: range(row.holds, formatFigure),
        cost: range(costOf(row), text),
      };
    }),
    cost: isPriced ? '$ a month' : 'instances on average',
    marks: rows.map((row, index) => ({
      number: index + 1,
      ...{ x: across(middle(costOf(row))), y: up(middle(row.holds)) },
      across: [across(costOf(row)[0]), across(costOf(row)[1])],
      up: [up(row.holds[0]), up(row.holds[1])],
    })),
    across: ticks(most.cost, across),
    up: ticks(most.rate, up),
    ...{ peak: up(peakPerSecond), size },
  };
}

/** Steps that an axis has at most. */
const mostSteps = 5;

/** Numbers from 0 to at most the highest, in steps of 1, 2 or 5 times a power of ten: those of the other charts' axes. */
function roundTicks(highest: number): { readonly value: number; readonly text: string }[] {
  const least = highest / mostSteps;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= least)!;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, index) => {
    const value = index * step;
    return { value, text: formatNumber(value, digits) };
  });
}
