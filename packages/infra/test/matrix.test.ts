import { afterEach, describe, expect, it, vi } from 'vitest';
import { casesToTry, triesMore } from './matrix.js';

const cases = Array.from({ length: 50 }, (_, index) => `case ${index}`);
const chosen = (choice?: string, among = cases) => {
  vi.stubEnv('LOADWRIGHT_MATRIX', choice);
  return casesToTry(among, { name: (one) => one, handful: 4 });
};

afterEach(() => vi.unstubAllEnvs());

describe('cases of a matrix', () => {
  it('are a handful unless said, always the same', () => {
    expect(chosen()).toHaveLength(4);
    expect(chosen()).toEqual(chosen());
  });

  it('are all', () => expect(chosen('all')).toEqual(cases));

  it('are equal parts that make up the whole in as many runs', () => {
    const parts = ['17/3', '18/3', '19/3'].map((choice) => chosen(choice));
    for (const part of parts) expect(part.length).toBeOneOf([16, 17]);
    expect(new Set(parts.flat())).toEqual(new Set(cases));
    expect(parts.flat()).toHaveLength(cases.length);
    expect(chosen('20/3')).toEqual(parts[0]);
  });

  it('do not lie side by side', () => {
    const numbers = chosen('0/2').map((name) => cases.indexOf(name));
    expect(numbers.filter((number) => number < 25).length).toBeGreaterThan(5);
    expect(new Set(numbers.map((number) => number % 2)).size).toBe(2);
  });

  it.each(['every', '3', '17/0', '-1/3'])('"%s" is refused', (choice) => {
    expect(() => chosen(choice)).toThrow('LOADWRIGHT_MATRIX');
  });

  it('are joined by longer tests wherever more than a handful is asked for', () => {
    expect(
      [undefined, '', 'all', '17/3'].map((choice) => {
        vi.stubEnv('LOADWRIGHT_MATRIX', choice);
        return triesMore();
      }),
    ).toEqual([false, false, true, true]);
  });

  it('have names of their own', () => {
    expect(() => chosen('all', ['a', 'a'])).toThrow('the same name');
  });
});
