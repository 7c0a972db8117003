import { readSeries, resample, trendPercentile, type SeriesRow } from 'loadwright';

/** The p99 of every ten seconds of a run, in milliseconds, by request name. */
export async function p99OverTime(
  file: string,
): Promise<[second: number, name: string, p99: number | null][]> {
  const { rows } = await readSeries(file);
  const all: SeriesRow[] = [];
  for await (const row of rows) all.push(row);
  return resample({ rows: all }, { everySeconds: 10 }).flatMap(({ second, name, trends }) => {
    const times = trends['http_req_service'];
    return times ? [[second, name, trendPercentile(times, 0.99, 'ms')]] : [];
  });
}
