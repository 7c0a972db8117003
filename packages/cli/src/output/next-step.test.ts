import { LoadwrightError, type NextStep } from '@loadwright/core/errors';
import picocolors from 'picocolors';
import { expect, it } from 'vitest';
import { run, TestIo } from '../../test/support.js';
import { describeError, formatError } from './errors.js';
import { commandOf } from './next-step.js';

const colors = picocolors.createColors(false);
const fleetId = 'lab';

/** Every kind of step, so that a new one needs its command here. */
const steps: { readonly [Action in NextStep['action']]: readonly (readonly [NextStep, string])[] } = {
  'create-configuration': [[{ action: 'create-configuration' }, 'loadwright init']],
  'check-setup': [[{ action: 'check-setup' }, 'loadwright doctor']],
  'plan-fleet': [[{ action: 'plan-fleet' }, 'loadwright plan']],
  'deploy-fleet': [[{ action: 'deploy-fleet' }, 'loadwright deploy']],
  'list-fleets': [[{ action: 'list-fleets' }, 'loadwright list']],
  'remove-unused-fleets': [[{ action: 'remove-unused-fleets' }, 'loadwright gc']],
  'restore-scaling': [[{ action: 'restore-scaling' }, 'loadwright scaling rollback']],
  'show-fleet': [[{ action: 'show-fleet', fleetId }, 'loadwright status lab']],
  'show-fleet-logs': [[{ action: 'show-fleet-logs', fleetId }, 'loadwright logs lab']],
  'stop-load': [[{ action: 'stop-load', fleetId }, 'loadwright stop lab']],
  'follow-load': [[{ action: 'follow-load', fleetId }, 'loadwright follow lab']],
  'destroy-fleet': [
    [{ action: 'destroy-fleet', fleetId }, 'loadwright destroy lab'],
    [
      { action: 'destroy-fleet', fleetId, fleet: { kind: 'ec2', options: { region: 'eu-west-1' } } },
      'loadwright destroy lab --fleet ec2 --region eu-west-1',
    ],
  ],
  'save-baseline': [
    [{ action: 'save-baseline', name: 'main' }, 'loadwright baseline save main'],
    [{ action: 'save-baseline', name: 'main', replace: true }, 'loadwright baseline save main --replace'],
  ],
  'show-target': [[{ action: 'show-target', kind: 'dht' }, 'loadwright targets show dht']],
  'show-permissions': [
    [{ action: 'show-permissions', of: 'caller' }, 'loadwright iam policy'],
    [{ action: 'show-permissions', of: 'machine' }, 'loadwright iam policy --machine'],
    [{ action: 'show-permissions', of: 'boundary' }, 'loadwright iam policy --boundary'],
  ],
};

it.each(Object.values(steps).flat())('renders %j as a command that there is', async (step, command) => {
  expect(commandOf(step)).toBe(command);
  const [, ...words] = command.split(' ');
  const { exitCode, stderr } = await run([...words, '--help'], new TestIo());
  expect([exitCode, stderr]).toEqual([0, '']);
});

it.each(Object.values(steps).flat())(
  'repeats --config for %j where its command has it',
  async (step, command) => {
    const given = new Map([['--config', ["it's mine.yaml"]]]);
    const [, ...words] = command.split(' ');
    const { stdout } = await run([...words, '--help'], new TestIo());
    const repeated = stdout.includes('--config') ? String.raw` --config 'it'\''s mine.yaml'` : '';
    expect(commandOf(step, given)).toBe(`${command}${repeated}`);
  },
);

it('an error lists the commands for people, and the steps with their commands for programs', () => {
  const next = [
    { action: 'stop-load', fleetId },
    { action: 'follow-load', fleetId },
  ] as const;
  const error = new LoadwrightError('CONFIG_INVALID', 'a load is running', { hint: 'End it first.', next });
  expect(formatError(error, colors, {})).toMatchInlineSnapshot(`
    "error: a load is running
    hint: End it first.
    next: loadwright stop lab
          loadwright follow lab
    code: CONFIG_INVALID; more: loadwright explain CONFIG_INVALID
    "
  `);
  expect(describeError(error).error.next).toEqual([
    { action: 'stop-load', fleetId, command: 'loadwright stop lab' },
    { action: 'follow-load', fleetId, command: 'loadwright follow lab' },
  ]);
});
