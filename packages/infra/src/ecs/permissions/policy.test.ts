import { expect, it } from 'vitest';
import { asStatements, neededOf } from '../../aws/permissions/needed.js';
import { anyFleet } from '../../aws/permissions/tag-condition.js';
import { agentStatements, ecsPolicies, executionStatements } from './statements.js';

const place = { fleetKind: 'ecs', region: 'eu-west-1', accountId: '123456789012' };
const wishes = { launchType: 'ec2', repository: 'loadwright', isOwnRepository: false, spot: true } as const;
const ofTarget = {
  Effect: 'Allow',
  Action: ['sagemaker:InvokeEndpoint'],
  Resource: ['arn:aws:sagemaker:*:*:endpoint/x'],
} as const;

const policy = () => asStatements(neededOf(ecsPolicies.rows, place, wishes, [ofTarget]));

it('fits into the inline policy of a role, and names each permission once', () => {
  const actions = policy().flatMap(({ Action }) => Action);
  expect(actions.filter((action) => /^(ecs|ecr|logs):/.test(action)).length).toBe(
    new Set(actions.filter((action) => /^(ecs|ecr|logs):/.test(action))).size,
  );
  expect(JSON.stringify({ Version: '2012-10-17', Statement: policy() }).length).toBeLessThan(10_240);
});

it('gives containers, which can take on the role of their machine, nothing but what the agents do', () => {
  const statements = agentStatements({ ...place, fleetId: '20261123-093000-0123456789' });
  const actions = statements.flatMap(({ Action }) => Action);
  expect(
    actions.filter((action) => /^(s3|iam|ec2|sagemaker):|ssm:(Get|Put)|ecs:(Create|Run)/.test(action)),
  ).toEqual([]);
  const open = statements.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action);
  expect(open.sort()).toEqual([
    'ecr:GetAuthorizationToken',
    'ecs:DiscoverPollEndpoint',
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ]);
});

it('lets a role of its own do all that the roles of a fleet do', () => {
  const fleet = { ...place, fleetId: anyFleet };
  const boundary = ecsPolicies.boundaryStatements(place, [ofTarget]).flatMap(({ Action }) => Action);
  const all = [
    ...ecsPolicies.machineStatements({ ...fleet, iamStatements: [] }),
    ...executionStatements(fleet),
    ofTarget,
  ].flatMap(({ Action }) => Action);
  expect(all.filter((action) => !boundary.includes(action))).toEqual([]);
});
