import { describe, expect, it } from 'vitest';
import { isLoadwrightError } from '../errors.js';
import { pricesOf, requireRequestPrice } from './prices.js';

const limited = { seconds: 60, usDollars: 5 };
const free = { seconds: 60 };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isLoadwrightError(error)) return `${error.message} ${error.hint}`;
  }
  return 'not refused';
}

describe('a limit of money', () => {
  it.each<
    [given: object, planned: { usDollars: number; isIncomplete?: boolean } | undefined, flags: string[]]
  >([
    [{ usDollarsPerRequest: 0 }, undefined, ['--fleet-cost-per-hour']],
    [{ usDollarsPerRequest: 0.1 }, { usDollars: 3, isIncomplete: true }, ['--fleet-cost-per-hour']],
    [{ usDollarsPerRequest: 0.1 }, { usDollars: 0, isIncomplete: true }, ['--fleet-cost-per-hour']],
    [{ usDollarsPerHour: 2 }, undefined, ['--cost-per-request']],
    [{}, { usDollars: 3 }, ['--cost-per-request']],
    [{}, { usDollars: 3, isIncomplete: true }, ['--fleet-cost-per-hour', '--cost-per-request']],
  ])('is refused with %j, planned %j, naming %j', (given, planned, flags) => {
    const refused = refusal(() => pricesOf({ budget: limited, ...given }, planned));
    expect(refused).toMatch(/^--max-cost \(budget\.usDollars\): found 5.*would not hold/);
    for (const flag of ['--fleet-cost-per-hour', '--cost-per-request']) {
      expect([flag, refused.includes(flag)]).toEqual([flag, flags.includes(flag)]);
    }
    expect(() => pricesOf({ budget: free, ...given }, planned)).not.toThrow();
  });

  it('holds for all that is known: what is given overrides what a plan says', () => {
    expect(pricesOf({ budget: limited, usDollarsPerRequest: 0 }, { usDollars: 3 })).toEqual({
      ...{ usDollarsPerHour: 3, usDollarsPerRequest: 0 },
    });
    const given = { usDollarsPerHour: 4, usDollarsPerRequest: 0.1 };
    expect(pricesOf({ budget: limited, ...given }, { usDollars: 3, isIncomplete: true })).toEqual(given);
  });

  it('is refused without the price of a request before a fleet is looked at', () => {
    expect(refusal(() => requireRequestPrice({ budget: limited, usDollarsPerHour: 3 }))).toContain(
      '--cost-per-request',
    );
    expect(refusal(() => requireRequestPrice({ budget: limited, usDollarsPerRequest: 0 }))).toBe(
      'not refused',
    );
  });
});

it('nothing is said to be spent where a part of it is not known', () => {
  expect(pricesOf({ budget: free }, { usDollars: 3, isIncomplete: true })).toBeUndefined();
  expect(pricesOf({ budget: free, usDollarsPerRequest: 0.1 })).toBeUndefined();
  expect(pricesOf({ budget: free }, { usDollars: 0 })).toBeUndefined();
  expect(pricesOf({ budget: free }, { usDollars: 3 })).toEqual({
    usDollarsPerHour: 3,
    usDollarsPerRequest: 0,
  });
});
