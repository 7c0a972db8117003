import { describe, expect, it } from 'vitest';
import { answerProblem } from './answer-problem.js';

describe('answerProblem', () => {
  it('needs JSON', () => {
    expect(answerProblem('<html>', { pointer: '' })).toBe('the answer is not JSON');
  });

  const answer = JSON.stringify({ predictions: [3, null, { 'a/b~c': 'x' }], ok: true });

  it.each([
    [{ pointer: '/predictions/0' }],
    [{ pointer: '/predictions/0', type: 'number', minimum: 3, maximum: 3 }],
    [{ pointer: '/predictions/1', type: 'null' }],
    [{ pointer: '/predictions/2/a~1b~0c', equals: 'x' }],
    [{ pointer: '/predictions', type: 'array' }],
    [{ pointer: '', type: 'object' }],
    [{ pointer: '/ok', equals: true }],
  ] as const)('%j holds', (check) => {
    expect(answerProblem(answer, check)).toBeUndefined();
  });

  it.each([
    [{ pointer: '/outputs' }, '/outputs does not exist'],
    [{ pointer: '/predictions/3' }, 'does not exist'],
    [{ pointer: '/predictions/01' }, 'does not exist'],
    [{ pointer: '/predictions/length' }, 'does not exist'],
    [{ pointer: '/toString' }, 'does not exist'],
    [{ pointer: '/ok/x' }, 'does not exist'],
    [{ pointer: '', type: 'array' }, 'the answer is not of type array'],
    [{ pointer: '/predictions/0', equals: 4 }, 'is not the expected value'],
    [{ pointer: '/predictions/0', minimum: 4 }, 'is below 4'],
    [{ pointer: '/predictions/0', maximum: 2 }, 'is above 2'],
    [{ pointer: '/ok', minimum: 0 }, 'is not of type number'],
  ] as const)('%j does not', (check, problem) => {
    expect(answerProblem(answer, check)).toContain(problem);
  });
});
