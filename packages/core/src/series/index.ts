export { bucketing, bucketMiddle, bucketOf, bucketRange } from './bucketing.js';
export { readSeries, seriesFile, writeSeries } from './file.js';
export { RowSum, sumOfRows } from './merge.js';
export {
  histogramOf,
  mergeTrends,
  resample,
  trendPercentile,
  type ResampleOptions,
  type Series,
} from './resample.js';
export type * from './rows.js';
