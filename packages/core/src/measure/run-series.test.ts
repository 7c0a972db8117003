import { describe, expect, it, vi } from 'vitest';
import { row, rowOfRun, seriesUpdate, stamp } from '../../test/statistics-fixture.js';
import { RunSeries } from './run-series.js';

describe('the series of a run', () => {
  it('replaces rows that changed, and keeps them in order', () => {
    const series = new RunSeries();
    series.add(seriesUpdate({ rows: [row(1, [5]), row(0, [5])], samples: [stamp(2), stamp(1)] }));
    const changed = row(0, [5, 6]);
    series.add(seriesUpdate({ rows: [changed, rowOfRun(0), row(0, [], { name: 'chat' })] }));
    expect([...series.rows].map(({ second, name, due }) => [second, name, due])).toEqual([
      [0, '', 0],
      [0, 'chat', 0],
      [0, 'predict', 2],
      [1, 'predict', 1],
    ]);
    expect(series.samples.map(({ second }) => second)).toEqual([1, 2]);
  });

  it('is the same when most of it rests, and rows change late', () => {
    const series = new RunSeries();
    const rows = Array.from({ length: 1000 }, (_, second) => row(second, [second + 1]));
    for (const one of rows) series.add(seriesUpdate({ rows: [one] }));
    const late = row(3, [4], { due: 2, failed: 1, failures: { timeout: 1 } });
    series.add(seriesUpdate({ rows: [late] }));
    series.add(seriesUpdate({ rows: [row(1000, [1])] }));
    const expected = [...rows.with(3, late), row(1000, [1])];
    expect([...series.rows]).toEqual(expected);
    expect([...series.rows]).toEqual(expected);
  });

  it('asks after the last revision, until there is no more', async () => {
    const series = new RunSeries();
    const answers = [
      seriesUpdate({ revision: 5, more: true, rows: [row(0, [5])] }),
      seriesUpdate({ revision: 9, rows: [row(1, [5])] }),
      seriesUpdate({ revision: 12, rows: [row(2, [5])] }),
    ];
    const master = { series: vi.fn(async (_after?: number) => answers.shift()!) };
    await series.read(master);
    await series.read(master);
    expect(master.series.mock.calls.map(([after]) => after)).toEqual([undefined, 5, 9]);
    expect([...series.rows]).toHaveLength(3);
  });

  it('takes nothing of another test', async () => {
    const series = new RunSeries();
    series.add(seriesUpdate({ rows: [row(0, [5])] }));
    const other = seriesUpdate({ test: 3, more: true, rows: [row(0, [5, 6, 7])], samples: [stamp(1)] });
    await series.read({ series: async () => other });
    expect([...series.rows]).toEqual([row(0, [5])]);
    expect(series.samples).toEqual([]);
  });
});
