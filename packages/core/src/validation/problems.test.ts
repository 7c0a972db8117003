import { describe, expect, it } from 'vitest';
import { LoadwrightError } from '../errors.js';
import { Problems } from './problems.js';

const refuse = (code: 'CONFIG_INVALID' | 'THRESHOLD_INVALID', message: string, hint?: string) => () => {
  throw new LoadwrightError(code, message, { hint });
};

describe('Problems', () => {
  it('passes values on and finds nothing wrong with them', () => {
    const problems = new Problems();
    expect(problems.attempt(() => 7)).toBe(7);
    expect(problems.found).toBe(false);
  });

  it('tells all at once, each hint once', () => {
    const problems = new Problems();
    expect(problems.attempt(refuse('THRESHOLD_INVALID', 'one', 'do this'))).toBeUndefined();
    problems.attempt(refuse('CONFIG_INVALID', 'two', 'do this'));
    expect(problems.found).toBe(true);
    expect(problems.combined()).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'one\ntwo',
      hint: 'do this',
    });
  });

  it('keeps the code that all share', () => {
    const problems = new Problems([new LoadwrightError('THRESHOLD_INVALID', 'one')]);
    problems.attempt(refuse('THRESHOLD_INVALID', 'two'));
    expect(problems.combined()).toMatchObject({ code: 'THRESHOLD_INVALID', hint: undefined });
  });

  it('lets a defect through', () => {
    const defect = () => {
      throw new TypeError('a defect');
    };
    expect(() => new Problems().attempt(defect)).toThrow(TypeError);
  });
});
