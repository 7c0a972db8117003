import { join } from 'node:path';
import { loadWorkflow, planActions } from '@loadwright/core/workflow';
import { expect, it } from 'vitest';
import { examples, inThisProcess } from './project.js';

const folder = join(examples, 'workflows');
const environment = {};

it.each([
  [
    'koorde-vs-chord.yaml',
    ['deploy lab', 'run koorde', 'run chord', 'compare koorde-to-chord', 'destroy lab'],
  ],
  ['size-sweep.yaml', ['run small', 'run medium', 'compare small-to-medium']],
])('%s says what it would do, and what that costs', async (file, ids) => {
  const printed = await inThisProcess(folder, ['workflow', 'run', file, '--dry-run', '--json']);
  expect(JSON.parse(printed)).toMatchObject({
    actions: ids.map((id) => ({ id })),
    price: { usDollars: 0, isIncomplete: false },
  });
});

it('nightly-regression.yaml makes six pairs in turn on one machine, which it removes', async () => {
  const { workflow } = await loadWorkflow('nightly-regression.yaml', { cwd: folder, environment });
  const actions = planActions(workflow);
  expect(actions.filter(({ kind }) => kind === 'run')).toHaveLength(12);
  expect(actions.at(-1)).toMatchObject({ kind: 'destroy', fleet: 'nightly', always: true });
  // Its plan needs an account; its configuration does not.
  await inThisProcess(folder, ['config', 'print', '--config', 'rest.yaml']);
});
