import { nothing } from '../values/format.js';

/** A chart, as the template lays it out and `charts.js` draws it. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** `time`: lines over the elapsed seconds. `bars`: one bar for each point, side by side. `dots`: one dot for each point. `curve`: lines over a number. */
  readonly kind: 'time' | 'bars' | 'dots' | 'curve';
  /** Unit of the vertical axis. */
  readonly unit: string;
  /** What the chart shows, in a sentence, for those who cannot see it, and as long as no point is chosen. */
  readonly summary: string;
  readonly x: readonly number[];
  /** What each point stands for: the first column of the table. */
  readonly labels: readonly string[];
  readonly labelHeading: string;
  /** Unit of the horizontal axis, where that is no time of a load. */
  readonly acrossUnit?: string;
  /** Bars only: the values at the edges between the bars, one more than there are bars. */
  readonly edges?: readonly string[];
  /** Parts of the time that are drawn on another ground. */
  readonly spans?: readonly ChartSpan[];
  /** The ground between the first and the last line is tinted: they are percentiles of the same values. */
  readonly ribbon?: boolean;
  /** Ranges on tinted ground, in the colours of lines: their values stand in the table as series without a tone. */
  readonly bands?: readonly ChartBand[];
  /** The lines stand on top of each other: values are those of each, and the highest line is their sum. */
  readonly stacked?: boolean;
  /** Vertical lines at places of the horizontal axis. */
  readonly markers?: readonly { readonly label: string; readonly x: number }[];
  /** The vertical axis reaches at least to here. */
  readonly atLeast: number;
  readonly series: readonly ChartSeries[];
}

/** A chart over time without what all of them share. */
export type ChartPart = Pick<
  Chart,
  'id' | 'title' | 'unit' | 'summary' | 'atLeast' | 'ribbon' | 'bands' | 'stacked' | 'series'
>;

/** From the lowest to the highest of several values at each point. */
export interface ChartBand {
  readonly tone: string;
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** A part of the horizontal axis, in its unit. */
export interface ChartSpan {
  readonly label: string;
  readonly kind: 'warm-up' | 'stall' | 'interval';
  readonly from: number;
  readonly to: number;
}

/** One line, or one set of bars. */
export interface ChartSeries {
  readonly label: string;
  /** The label in full, where it has a longer form. */
  readonly detail?: string;
  /**
   * The colour and line pattern in the style sheet: `1` to `6`, or `failure`. Absent: it is not drawn, only read in
   * the table and under the cursor.
   */
  readonly tone?: string;
  readonly values: readonly (number | null)[];
  /** The values as people read them, with their units. */
  readonly texts: readonly string[];
}

/** A line or a set of bars, with the text of every value. */
export function line(
  label: string,
  tone: string | undefined,
  values: readonly (number | null)[],
  text: (value: number) => string,
): ChartSeries {
  return { label, tone, values, texts: values.map((value) => (value === null ? nothing : text(value))) };
}

/** The highest value; 0 if there is none. */
export const highest = (values: readonly (number | null)[]) =>
  values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
