import { describe, expect, it } from 'vitest';
import { request, trend } from '../../../test/statistics-fixture.js';
import { describeMissingValues } from './missing-values.js';
import { parseThresholds } from './parse.js';

const metric = 'time_to_first_token';
const declared = { [metric]: { kind: 'trend', unit: 'ms', description: '' } } as const;
const times = (count: number) => Array.from({ length: count }, () => 20);

/** A request name of which so many succeeded, and so many have a value. */
const name = (called: string, succeeded: number, values: number) =>
  request(called, times(succeeded), {
    trends: {
      http_req_service: trend(times(succeeded)),
      ...(values > 0 && { [metric]: trend(times(values)) }),
    },
  });

function describeOf(key: string, names: ReturnType<typeof name>[], ofRun = 0): string[] {
  const sum = (count: (one: ReturnType<typeof name>) => number) =>
    names.reduce((all, one) => all + count(one), 0);
  const total = name(
    'Aggregated',
    sum(({ succeeded }) => succeeded),
    sum(({ trends }) => trends[metric]?.count ?? 0) + ofRun,
  );
  const thresholds = parseThresholds({ [key]: ['p(95)<300', 'avg<100'] }, declared);
  return describeMissingValues(thresholds, { total, requests: names });
}

describe('a threshold on what not every request that succeeded has', () => {
  it.each([
    ['half of them', metric, [name('chat', 1000, 500)], /^time_to_first_token .* 500 of 1,000 .*\(50 %\)/],
    ['just more than 1 %', metric, [name('chat', 1000, 989)], /989 of 1,000/],
    ['of one name', `${metric}{name:b}`, [name('a', 900, 900), name('b', 100, 50)], /50 of 100/],
    ['another name', metric, [name('chat', 500, 500), name('embed', 500, 0)], /name:…/],
    ['the first byte', 'http_req_first_byte', [name('chat', 10, 0)], undefined],
    ['1 % of them', metric, [name('chat', 1000, 990)], undefined],
    ['several each', metric, [name('chat', 100, 5000)], undefined],
    ['none at all, which does not hold', metric, [name('chat', 100, 0)], undefined],
    ['what all have', 'http_req_duration', [name('chat', 100, 50)], undefined],
    ['a phase that few go through', 'http_req_connecting', [name('chat', 100, 50)], undefined],
  ] as const)('is worth a warning: %s', (_, key, names, expected) => {
    const sentences = describeOf(key, [...names]);
    expect(sentences).toEqual(expected ? [expect.stringMatching(expected)] : []);
  });

  it('is none where the run as a whole has recorded it', () => {
    expect(describeOf(metric, [name('chat', 1000, 0)], 7)).toEqual([]);
  });
});
