import { describe, expect, it } from 'vitest';
import { interleaved, planActions } from './plan.js';
import { defineWorkflow } from './define.js';
import { workflowJsonSchema, type Workflow } from './schema.js';

const deploy = { step: 'deploy', fleet: 'lab' } as const;
const destroy = { step: 'destroy', fleet: 'lab' } as const;
const run = { step: 'run', name: 'a', on: 'lab' } as const;

describe('a workflow that is wrong says where', () => {
  it.each<[string, readonly unknown[], RegExp]>([
    ['no steps', [], /^steps: found an empty list/],
    ['another step', [{ step: 'wait' }], /^steps\[0\]\.step: found "wait"/],
    [
      'a field of another step',
      [{ ...destroy, pairs: 2 }],
      /^steps\[0\]\.pairs: only allowed with step "compare"/,
    ],
    [
      'a setting that there is none',
      [{ ...run, set: { user: 1 } }],
      /^steps\[0\]\.set\.user: unknown option, did you mean "users"/,
    ],
    [
      'a setting of another type',
      [{ ...run, set: { users: 'many' } }],
      /^steps\[0\]\.set\.users: found "many"/,
    ],
    ['a fleet that is not there', [run], /^steps\[0\]\.on: no step before it deploys "lab"/],
    ['one that is gone', [deploy, destroy, run], /^steps\[2\]\.on: "lab" is destroyed before/],
    ['one that stays by mistake', [deploy, run], /^steps: nothing destroys "lab"/],
    ['the same name twice', [deploy, run, run, destroy], /^steps\[2\]\.name: "run a" is there twice/],
    [
      'a comparison with what is not there',
      [{ step: 'compare', name: 'c', baseline: 'a', candidate: 'b' }],
      /^steps\[0\]\.baseline: no step before it is a run "a"\nsteps\[0\]\.candidate: no step before it is a run "b"/,
    ],
    [
      'pairs of what was made already',
      [deploy, run, { step: 'compare', name: 'c', baseline: 'a', candidate: { set: {} }, pairs: 2 }, destroy],
      /^steps\[2\]\.baseline: must be a run to be made/,
    ],
  ])('%s', (_what, steps, message) => {
    expect(() => defineWorkflow({ name: 'w', steps } as Workflow)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }) as Error,
    );
  });
});

it('makes the runs of a comparison in turn', () => {
  const order = interleaved(3).map(({ side, number }) => `${side[0]}${number}`);
  expect(order).toEqual(['b1', 'c1', 'c2', 'b2', 'b3', 'c3']);
  const actions = planActions({
    name: 'w',
    steps: [
      deploy,
      {
        ...{ step: 'compare', name: 'both', on: 'lab', pairs: 2 },
        ...{ baseline: { set: { users: 5 } }, candidate: { set: { users: 6 } }, failIf: ['p(95)>+5%'] },
      },
      destroy,
    ],
  });
  expect(actions.map(({ id }) => id)).toEqual([
    'deploy lab',
    'run both-baseline-1',
    'run both-candidate-1',
    'run both-candidate-2',
    'run both-baseline-2',
    'compare both',
    'destroy lab',
  ]);
  expect(actions.at(-2)).toMatchObject({
    baseline: ['run both-baseline-1', 'run both-baseline-2'],
    candidate: ['run both-candidate-1', 'run both-candidate-2'],
    failIf: ['p(95)>+5%'],
  });
});

it('has a JSON Schema that knows the steps and the settings', () => {
  const text = JSON.stringify(workflowJsonSchema());
  for (const word of ['"deploy"', '"compare"', '"spawnRate"', '"pairs"']) expect(text).toContain(word);
});
