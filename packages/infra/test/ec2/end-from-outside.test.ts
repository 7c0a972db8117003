import { tmpdir } from 'node:os';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { GetRoleCommand, GetRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateScheduleCommand, GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { createFleetId, type IamStatement } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { lookUpCaller } from '../../src/aws/account/caller.js';
import { boundaryName } from '../../src/aws/permissions/boundary.js';
import { boundaryStatements, ec2Policies, policyFor } from '../../src/ec2/permissions/policy.js';
import { iamPath } from '../../src/aws/fleet-identity.js';
import { checkBoundary, checkPermissions } from '../../src/aws/check/permissions.js';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { lookAt } from './look.js';
import { destroy, withDeployedFleet } from './deployed-fleet.js';
import { requestOf, settingsOf, uiPort, withFolder } from './work.js';

const aws = useAws();
const place = { fleetKind: 'ec2', accountId: '123456789012', region: 'eu-west-1' };
const usual = { access: 'https', spot: false } as const;
const scheduling = /^scheduler:/;

async function createBoundary(allowed: (action: string) => boolean = () => true): Promise<void> {
  const Statement = boundaryStatements(place, [])
    .map((one) => ({ ...one, Action: one.Action.filter(allowed) }))
    .filter(({ Action }) => Action.length > 0);
  const document = { Version: '2012-10-17', Statement };
  await aws().createPolicy({ name: boundaryName(place), path: iamPath(place), document });
}

const withoutScheduler = (statements: readonly IamStatement[]) =>
  statements
    .map((one) => ({ ...one, Action: one.Action.filter((action) => !scheduling.test(action)) }))
    .filter(({ Action }) => Action.length > 0);

/** Deploys as somebody who may do this alone. @returns what was told meanwhile */
async function deployed(statements: readonly IamStatement[], endFromOutside: 'if-permitted' | 'always') {
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  const environment = {
    ...(await aws().asUserWith(statements)),
    LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip`,
  };
  return withFolder(tmpdir(), async (folder) => {
    const work = { fleetId: createFleetId(), folder, environment, uiPort, adopted: {} };
    const fleet = fleetOf({ ...settingsOf(work), endFromOutside });
    const told: string[] = [];
    const request = requestOf(work, new AbortController().signal);
    await fleet.provision({ ...request, onProgress: (line) => told.push(line) });
    expect((await fleet.lasting!.destroy(work.fleetId)).remaining).toEqual([]);
    return told.filter((line) => line.startsWith('Warning'));
  });
}

describe('a schedule of AWS', () => {
  it('ends the machine of the fleet and no other, once, after its own timer; destroy removes it', () =>
    withDeployedFleet(aws(), async (work) => {
      const { ec2, iam, scheduler } = aws().direct;
      const Name = `loadwright-ec2-${work.fleetId}`;
      const made = await scheduler.send(new GetScheduleCommand({ Name, GroupName: 'default' }));
      const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
      const machine = Reservations?.[0]?.Instances?.[0];
      expect(made).toMatchObject({
        ActionAfterCompletion: 'DELETE',
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: 'arn:aws:scheduler:::aws-sdk:ec2:terminateInstances',
          Input: JSON.stringify({ InstanceIds: [machine?.InstanceId] }),
          RoleArn: `arn:aws:iam::123456789012:role/loadwright/ec2/eu-west-1/${Name}-end`,
        },
      });
      const ends = machine?.Tags?.find(({ Key }) => Key === 'loadwright:expires-at')?.Value ?? '';
      const [, at = ''] = /^at\((.*)\)$/.exec(made.ScheduleExpression ?? '') ?? [];
      expect(Date.parse(`${at}Z`) - Math.floor(Date.parse(ends) / 1000) * 1000).toBe(120_000);
      const role = { RoleName: `${Name}-end` };
      const policy = await iam.send(new GetRolePolicyCommand({ ...role, PolicyName: 'loadwright' }));
      expect(JSON.parse(decodeURIComponent(policy.PolicyDocument ?? ''))).toMatchObject({
        Statement: [
          {
            Action: ['ec2:TerminateInstances'],
            Condition: { StringEquals: { 'aws:ResourceTag/loadwright:fleet-id': work.fleetId } },
          },
        ],
      });
      const { Role } = await iam.send(new GetRoleCommand(role));
      expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toContain('scheduler.amazonaws.com');

      expect(await destroy(work)).toEqual({ waits: '', remaining: [] });
      expect(await aws().inventory()).toEqual([]);
    }));

  it('stays while the machine that it is to end cannot be ended', () =>
    withDeployedFleet(aws(), async (work) => {
      aws().inject({ at: 'ec2:TerminateInstances', fault: { kind: 'denied' } });
      const { remaining } = await destroy(work);
      const why = /: it is to end the instance i-\w+, which could not be removed$/;
      expect(remaining.filter((line) => why.test(line)).map((line) => line.split(' loadwright')[0])).toEqual(
        expect.arrayContaining(['schedule', 'role of the schedule']),
      );
      expect(await aws().inventory()).toContain(`scheduler:schedule/loadwright-ec2-${work.fleetId}`);
      expect((await destroy(work)).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual([]);
    }));

  it('is left out with a warning where it may not be made, and demanded where it is asked for', async () => {
    await createBoundary();
    const statements = policyFor(place, usual);
    expect(await deployed(statements, 'always')).toEqual([]);
    const few = withoutScheduler(statements);
    expect(await deployed(few, 'if-permitted')).toEqual([
      expect.stringMatching(/no schedule ends this machine from outside.*scheduler:CreateSchedule/s),
    ]);
    await expect(deployed(few, 'always')).rejects.toThrow('scheduler:CreateSchedule');
    const left = (await aws().inventory()).filter((name) => !name.startsWith('iam:policy/'));
    expect(left).toEqual([]);
  });

  it.each([
    [
      'if-permitted',
      'unknown',
      /lacks scheduler:ListSchedules .*scheduler:CreateSchedule .*own timers alone will end it$/,
    ],
    ['always', 'problem', /lacks scheduler:ListSchedules .*scheduler:CreateSchedule/],
  ] as const)('that is not permitted is told by the check: %s', async (endFromOutside, state, says) => {
    await createBoundary();
    const few = withoutScheduler(policyFor(place, usual));
    const look = lookAt(aws(), { endFromOutside }, await aws().asUserWith(few));
    const found = await checkPermissions(
      look.aws,
      await lookUpCaller(look.aws),
      ec2Policies,
      look.settings,
      [],
    );
    expect(found).toMatchObject({ state, detail: expect.stringMatching(says) as string });
  });

  it('that is left alone by its machine is collected; one of a fleet that runs, or of somebody else, stays', () =>
    withDeployedFleet(aws(), async (work) => {
      const left = '20250101-000000-0123456789';
      const order = {
        ScheduleExpression: 'at(2030-01-01T00:00:00)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: 'arn:aws:scheduler:::aws-sdk:ec2:terminateInstances',
          RoleArn: 'arn:aws:iam::123456789012:role/r',
        },
      } as const;
      for (const Name of [`loadwright-ec2-${left}`, 'nightly-of-somebody']) {
        await aws().direct.scheduler.send(new CreateScheduleCommand({ Name, ...order }));
      }
      const { lasting } = fleetOf(settingsOf(work));
      const states = (await lasting!.list()).map(({ fleetId, state }) => [fleetId, state]);
      expect(states).toEqual([
        [work.fleetId, 'running'],
        [left, 'orphaned'],
      ]);
      expect((await lasting!.destroy(left)).remaining).toEqual([]);
      const schedules = (await aws().inventory()).filter((name) => name.startsWith('scheduler:'));
      expect(schedules.sort()).toEqual([
        `scheduler:schedule/loadwright-ec2-${work.fleetId}`,
        'scheduler:schedule/nightly-of-somebody',
      ]);
      expect((await destroy(work)).remaining).toEqual([]);
    }));
});

describe('the check of the permissions boundary', () => {
  const check = async () => {
    const { aws: clients, settings } = lookAt(aws(), {}, await aws().asUserWith(policyFor(place, usual)));
    return checkBoundary(clients, place, ec2Policies, settings, []);
  };

  it('finds one that allows all that is needed', async () => {
    await createBoundary();
    expect(await check()).toMatch(/:policy\/loadwright\/ec2\/eu-west-1\/loadwright-ec2-boundary-eu-west-1$/);
  });

  it('names what one of an earlier version lacks, and the command that renews it', async () => {
    await createBoundary((action) => !/^(ec2:TerminateInstances|ssm:PutParameter)$/.test(action));
    expect(await check()).toEqual({
      state: 'problem',
      detail: expect.stringMatching(
        /does not allow (ssm:PutParameter, ec2:TerminateInstances|ec2:TerminateInstances, ssm:PutParameter): it is of another version/,
      ) as string,
      remedy: expect.stringMatching(
        /^Write its permissions to boundary\.json, then "aws iam create-policy-version --policy-arn arn:aws:iam::\S+boundary-eu-west-1 .*--set-as-default/,
      ) as string,
      next: [{ action: 'show-permissions', of: 'boundary' }],
    });
  });

  it('says that there is none', async () => {
    expect(await check()).toBe('this account has none');
  });
});
