import { join } from 'node:path';
import { AwsStandIn } from '@loadwright/aws-stand-in';
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

it('nightly-regression.yaml makes six pairs in turn on one machine, which it removes, and says what it costs', async () => {
  const { workflow } = await loadWorkflow('nightly-regression.yaml', { cwd: folder, environment });
  const actions = planActions(workflow);
  expect(actions.filter(({ kind }) => kind === 'run')).toHaveLength(12);
  expect(actions.at(-1)).toMatchObject({ kind: 'destroy', fleet: 'nightly', always: true });
  await withAccount(async (account) => {
    const plan = (...more: string[]) =>
      inThisProcess(
        folder,
        ['workflow', 'run', 'nightly-regression.yaml', '--dry-run', ...more],
        account.environment,
      );
    const { fleets, price } = JSON.parse(await plan('--json')) as {
      fleets: { id: string; plan: { pricePerHour: { usDollars: number } } }[];
      price: { usDollars: number; usDollarsAtMost: number; isIncomplete: boolean };
    };
    expect(fleets.map(({ id }) => id)).toEqual(['deploy nightly']);
    const hour = fleets[0]!.plan.pricePerHour.usDollars;
    // Twelve loads of five minutes, and the three hours after which the machine ends itself.
    expect(price).toEqual({
      usDollars: expect.closeTo(hour, 6) as number,
      usDollarsAtMost: expect.closeTo(3 * hour, 6) as number,
      isIncomplete: false,
    });
    expect(hour).toBeGreaterThan(0.09);
    expect(await plan()).toMatch(/^Price \$0\.\d\d for all loads, at most \$0\.\d\d until the last machine/m);
    expect(account.calls.filter(({ name }) => !/:(Describe|Get|List|Simulate)/.test(name))).toEqual([]);
  });
});

/** An account that is a stand-in, with the variables of who may look at it. */
async function withAccount(
  use: (account: Pick<AwsStandIn, 'environment' | 'calls'>) => Promise<void>,
): Promise<void> {
  const aws = await AwsStandIn.start();
  try {
    const environment = { ...aws.environment, LOADWRIGHT_CHECK_IP_URL: `${aws.endpoint}/checkip` };
    await use({ environment, calls: aws.calls });
  } finally {
    await aws.stop();
  }
}
