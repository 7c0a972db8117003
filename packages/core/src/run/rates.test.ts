import { describe, expect, it } from 'vitest';
import type { MasterStatistics } from '../locust/statistics.js';
import { RatesBySecond } from './rates.js';

function reading(time: number, requests: [number, number][], failures: [number, number][] = []) {
  return {
    time,
    total: { requestsPerSecond: requests, failuresPerSecond: failures },
  } as unknown as MasterStatistics;
}

describe('RatesBySecond', () => {
  it('keeps what earlier readings said and corrects what later ones know better', () => {
    const rates = new RatesBySecond(1000.5);
    expect(rates.since).toBe(999);
    rates.add(
      reading(1002, [
        [1000, 5],
        [1001, 3],
      ]),
    );
    rates.add(
      reading(
        1030,
        [
          [1001, 7],
          [1029, 4],
        ],
        [[1029, 1]],
      ),
    );
    expect(rates.at(1000)).toEqual({ requestsPerSecond: 5, failuresPerSecond: 0 });
    expect(rates.at(1001)).toEqual({ requestsPerSecond: 7, failuresPerSecond: 0 });
    expect(rates.at(1029)).toEqual({ requestsPerSecond: 4, failuresPerSecond: 1 });
    expect(rates.at(1010)).toEqual({ requestsPerSecond: 0, failuresPerSecond: 0 });
  });

  it('asks again for the last seconds alone, however long the run', () => {
    const rates = new RatesBySecond(1000);
    rates.add(reading(5000, []));
    expect(rates.since).toBe(4985);
  });

  it.each([
    [5, 1001],
    [8, 1001 + 3 / 7],
    [12, 1002],
    [13, undefined],
    [0, undefined],
  ])('tells when %d requests had ended', (count, moment) => {
    const rates = new RatesBySecond(1000);
    rates.add(
      reading(1030, [
        [1001, 7],
        [1000, 5],
      ]),
    );
    expect(rates.reached(count)).toBe(moment);
  });
});
