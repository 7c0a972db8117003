import { build, HistogramLogWriter } from 'hdr-histogram-js';
import { histogramOf } from '../series/resample.js';
import { definitionOf, namesOf, startOf, type ExportInput } from './intervals.js';

/**
 * Values are integers: millionths of the metric's unit. For times that is a nanosecond, and the ratio that the tools of
 * HdrHistogram divide by unless the file says otherwise, so that they show the metric's own unit.
 */
const valuesPerUnit = 1e6;
const significantDigits = 3;

/**
 * The log of HdrHistogram (version 1.3, histograms in its V2 encoding, compressed): one line for each interval, request
 * name and trend, tagged `metric|method|name`.
 */
export function* toHdrLog(input: ExportInput): Generator<string> {
  const written: string[] = [];
  const log = new HistogramLogWriter((text) => void written.push(text));
  const started = Date.parse(input.header.startedAt);
  log.outputLogFormatVersion();
  log.outputComment(`[Logged with Loadwright, run ${input.header.runId}]`);
  log.outputComment(
    `[StartTime: ${(started / 1000).toFixed(3)} (seconds since epoch), ${new Date(started).toISOString()}]`,
  );
  log.outputComment(`[BaseTime: ${(started / 1000).toFixed(3)} (seconds since epoch)]`);
  log.outputLegend();
  yield* written.splice(0);
  const histogram = build({
    // Nothing is recorded more finely than in millionths of a second: a thousand nanoseconds.
    lowestDiscernibleValue: 1000,
    highestTrackableValue: 2000,
    numberOfSignificantValueDigits: significantDigits,
    bitBucketSize: 64,
    autoResize: true,
    useWebAssembly: false,
  });
  const names = namesOf(input.rows, 'trends');
  for (const row of input.rows) {
    for (const name of names) {
      const trend = row.trends[name];
      if (!trend?.count) continue;
      const { unit } = definitionOf(input.header, name, 'trend');
      histogram.reset();
      for (const [value, count] of histogramOf(trend, unit)) {
        histogram.recordValueWithCount(Math.round(value * valuesPerUnit), count);
      }
      histogram.tag = [name, row.method, row.name].map(encodeTag).join('|');
      const start = (startOf(input, row) - started) / 1000;
      log.outputIntervalHistogram(histogram, start, start + input.everySeconds, valuesPerUnit);
      yield* written.splice(0);
    }
  }
}

/** A tag has no comma, which ends it, and no blank. */
const encodeTag = (text: string) =>
  text.replace(/[%,|\s]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
