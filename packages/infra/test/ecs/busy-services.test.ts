import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { expect, it } from 'vitest';
import { uiPort } from '../ec2/work.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';

const aws = useAws();

type Refusal = readonly [call: string, code: string, message?: string];

const inUse = 'A conflicting operation is currently in progress against this resource.';
const noRole =
  'Unable to assume the service linked role. Please verify that the ECS service linked role exists.';

/** While it is made: another call is under way on the same thing, or what was made a moment ago is not known yet. */
const whileMade: readonly Refusal[] = [
  ['ecs:CreateCluster', 'InvalidParameterException', noRole],
  [
    'ecs:RegisterTaskDefinition',
    'ClientException',
    'Too many concurrent attempts to create a new revision of the specified family.',
  ],
  ['iam:PutRolePolicy', 'ConcurrentModification'],
  ['logs:CreateLogGroup', 'OperationAbortedException', inUse],
  ['ssm:PutParameter', 'TooManyUpdates'],
];
const ofServices: readonly Refusal[] = [
  ['ecs:CreateService', 'ClusterNotFoundException', 'Cluster not found.'],
  ['ecs:CreateService', 'ClientException', 'TaskDefinition not found.'],
  ['ecs:CreateService', 'InvalidParameterException', noRole],
];
const ofTasks: readonly Refusal[] = [
  ['ecs:RunTask', 'ClusterNotFoundException', 'Cluster not found.'],
  ['ecs:RunTask', 'ClientException', 'TaskDefinition not found.'],
];
const whileRemoved: readonly Refusal[] = [
  ['ecs:DeleteCluster', 'UpdateInProgressException'],
  ['iam:DeleteRole', 'ConcurrentModification'],
  ['logs:DeleteLogGroup', 'OperationAbortedException', inUse],
  ['ssm:DeleteParameters', 'TooManyUpdates'],
];
const ofMachines: readonly Refusal[] = [
  ['iam:RemoveRoleFromInstanceProfile', 'ConcurrentModification'],
  ['scheduler:DeleteSchedule', 'ConflictException'],
];

/** Each is refused twice. */
const refuse = (refusals: readonly Refusal[]) =>
  refusals.map(([at, code, message = `${code}.`]) =>
    aws().inject({ at, times: 2, fault: { kind: 'error', code, message, status: 400 } }),
  );

it.each([
  ['machines of EC2', {}, [...whileMade, ...ofServices], [...whileRemoved, ...ofMachines]],
  ['Fargate', { launchType: 'fargate' }, [...whileMade, ...ofTasks], whileRemoved],
] as const)(
  'a fleet on %s is made, and removed, while services are busy with other calls',
  { timeout: 120_000 },
  async (_, options, made, removed) => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const containerImage = await baseImage(aws());
    const own = async () => (await aws().inventory()).filter((one) => !one.startsWith('ecr:'));
    const before = await own();
    const fleet = quickFleet(optionsFor(aws(), { containerImage, ...options }));
    const request = await provisionRequest();
    const whileIt = [refuse(made)];
    await fleet.provision(request);
    whileIt.push(refuse(removed));
    expect(await fleet.lasting!.destroy(request.fleetId)).toMatchObject({ remaining: [] });
    expect(await own()).toEqual(before);
    expect(whileIt.map((all) => all.map(({ strikes }) => strikes))).toEqual([
      made.map(() => 2),
      removed.map(() => 2),
    ]);
  },
);
