import { tmpdir } from 'node:os';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import type { IAMClient } from '@aws-sdk/client-iam';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetRoleCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { createFleetId, type IamStatement } from '@loadwright/core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Aws } from '../../src/aws/clients.js';
import { boundaryArn, boundaryName } from '../../src/aws/permissions/boundary.js';
import { boundaryStatements, policyFor } from '../../src/ec2/permissions/policy.js';
import { iamPath } from '../../src/aws/fleet-identity.js';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, useAws, type AwsEnvironment } from '@loadwright/aws-stand-in';
import { lookAt } from './look.js';
import { requestOf, settingsOf, uiPort, withFolder } from './work.js';

const standIn = useAws();
const place = { fleetKind: 'ec2', accountId: '123456789012', region: 'eu-west-1' };
const usual = { access: 'https', spot: false } as const;
const path = iamPath(place);
const everything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});
const ofTarget: readonly IamStatement[] = [
  { Effect: 'Allow', Action: ['sagemaker:InvokeEndpoint'], Resource: ['arn:aws:sagemaker:*:*:endpoint/x'] },
];
const administrator = 'arn:aws:iam::123456789012:policy/theirs/administrator';

/** What an administrator has made: the boundary, a role that may do everything, a bounded and an unbounded role of the path. */
async function prepareAccount(iam: IAMClient): Promise<void> {
  const trust = { AssumeRolePolicyDocument: '{}' };
  const document = { Version: '2012-10-17', Statement: boundaryStatements(place, ofTarget) };
  const boundary = { PolicyName: boundaryName(place), Path: path };
  await iam.send(new CreatePolicyCommand({ ...boundary, PolicyDocument: JSON.stringify(document) }));
  await iam.send(
    new CreatePolicyCommand({ PolicyName: 'administrator', Path: '/theirs/', PolicyDocument: everything }),
  );
  await iam.send(new CreateRoleCommand({ RoleName: 'powerful', ...trust }));
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'powerful', PolicyName: 'all', PolicyDocument: everything }),
  );
  await iam.send(new CreateRoleCommand({ RoleName: 'loadwright-unbounded', Path: path, ...trust }));
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'loadwright-bounded',
      Path: path,
      PermissionsBoundary: boundaryArn(place),
      ...trust,
    }),
  );
  for (const InstanceProfileName of ['powerful', 'loadwright-empty']) {
    const Path = InstanceProfileName === 'powerful' ? '/' : path;
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path }));
  }
  await iam.send(
    new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'powerful', RoleName: 'powerful' }),
  );
}

beforeEach(() => prepareAccount(standIn().direct.iam));

function clientsOf(environment: AwsEnvironment): Aws {
  return lookAt(standIn(), {}, environment).aws;
}

const bounded = { RoleName: 'loadwright-bounded' };
const policy = { PolicyName: 'more', PolicyDocument: everything };
const trust = { AssumeRolePolicyDocument: '{}' };

const ways: readonly [way: string, attempt: (aws: Aws) => Promise<unknown>][] = [
  [
    'a role of the path without the boundary',
    ({ iam }) => iam.send(new CreateRoleCommand({ RoleName: 'loadwright-new', Path: path, ...trust })),
  ],
  [
    'a role with another boundary',
    ({ iam }) =>
      iam.send(
        new CreateRoleCommand({
          RoleName: 'loadwright-new',
          Path: path,
          PermissionsBoundary: administrator,
          ...trust,
        }),
      ),
  ],
  [
    'a role outside of the path',
    ({ iam }) =>
      iam.send(
        new CreateRoleCommand({ RoleName: 'mine', PermissionsBoundary: boundaryArn(place), ...trust }),
      ),
  ],
  [
    'a policy in a role of the path that has no boundary',
    ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName: 'loadwright-unbounded', ...policy })),
  ],
  [
    'a policy in a role outside of the path',
    ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName: 'powerful', ...policy })),
  ],
  [
    'a managed policy on a bounded role',
    ({ iam }) => iam.send(new AttachRolePolicyCommand({ ...bounded, PolicyArn: administrator })),
  ],
  ['taking the boundary off', ({ iam }) => iam.send(new DeleteRolePermissionsBoundaryCommand(bounded))],
  [
    'another boundary on a bounded role',
    ({ iam }) =>
      iam.send(new PutRolePermissionsBoundaryCommand({ ...bounded, PermissionsBoundary: administrator })),
  ],
  [
    'another text of the boundary',
    ({ iam }) =>
      iam.send(
        new CreatePolicyVersionCommand({
          PolicyArn: boundaryArn(place),
          PolicyDocument: everything,
          SetAsDefault: true,
        }),
      ),
  ],
  [
    'trust of a role in oneself',
    ({ iam }) =>
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'powerful', PolicyDocument: everything })),
  ],
  [
    'a powerful role in a profile of the path',
    ({ iam }) =>
      iam.send(
        new AddRoleToInstanceProfileCommand({
          InstanceProfileName: 'loadwright-empty',
          RoleName: 'powerful',
        }),
      ),
  ],
  [
    'a machine with a powerful role',
    ({ ec2 }) =>
      ec2.send(
        new RunInstancesCommand({
          ImageId: 'ami-0123456789abcdef0',
          MinCount: 1,
          MaxCount: 1,
          IamInstanceProfile: { Name: 'powerful' },
          TagSpecifications: ['instance', 'volume', 'network-interface'].map((ResourceType) => ({
            ResourceType: ResourceType as 'instance',
            Tags: [
              { Key: 'loadwright:fleet-id', Value: 'mine' },
              { Key: 'loadwright:kind', Value: 'ec2' },
            ],
          })),
        }),
      ),
  ],
  ['another user', ({ iam }) => iam.send(new CreateUserCommand({ UserName: 'mine' }))],
  ['keys of another user', ({ iam }) => iam.send(new CreateAccessKeyCommand({ UserName: 'tester-1' }))],
  [
    'a policy of a user',
    ({ iam }) => iam.send(new PutUserPolicyCommand({ UserName: 'tester-1', ...policy })),
  ],
];

describe.each([
  ['with roles of its own', usual],
  ['with a profile of the user', { ...usual, instanceProfile: 'theirs' }],
  [
    'with a profile of the user, whose role is known',
    { ...usual, instanceProfile: 'theirs', instanceProfileRole: 'arn:aws:iam::123456789012:role/theirs' },
  ],
])('the printed policy %s makes nobody an administrator', (_which, wishes) => {
  it.each(ways)('by %s', async (_way, attempt) => {
    const environment = await standIn().asUserWith(policyFor(place, wishes, ofTarget));
    await expect(attempt(clientsOf(environment))).rejects.toMatchObject({
      name: expect.stringMatching(/^(AccessDenied|UnauthorizedOperation)/) as string,
    });
  });
});

describe('the roles that are made', () => {
  const deploy = (statements: readonly IamStatement[] | undefined, use: (role: string) => Promise<void>) =>
    withFolder(tmpdir(), async (folder) => {
      Object.assign(standIn().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
      const environment = {
        ...(statements ? await standIn().asUserWith(statements) : standIn().environment),
        LOADWRIGHT_CHECK_IP_URL: `${standIn().endpoint}/checkip`,
      };
      const work = { fleetId: createFleetId(), folder, environment, uiPort, adopted: {} };
      const fleet = fleetOf(settingsOf(work));
      onTestFinished(() => void fleet.lasting!.destroy(work.fleetId).catch(() => {}));
      await fleet.provision(requestOf(work, new AbortController().signal));
      await use(`loadwright-ec2-${work.fleetId}`);
      expect((await fleet.lasting!.destroy(work.fleetId)).remaining).toEqual([]);
    });

  it('have the boundary of the account, by someone who may make no others', () =>
    deploy(policyFor(place, usual, ofTarget), async (RoleName) => {
      const onlooker = await standIn().asUserWith([
        { Effect: 'Allow', Action: ['iam:GetRole'], Resource: ['*'] },
      ]);
      const { iam } = clientsOf(onlooker);
      const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
      expect(Role?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(boundaryArn(place));
    }));

  it('cannot be made where the account has no boundary: the message names the remedy', async () => {
    await standIn().reset();
    const statements = policyFor(place, usual, ofTarget);
    await expect(deploy(statements, async () => {})).rejects.toMatchObject({
      message: expect.stringContaining('iam:CreateRole') as string,
      next: expect.arrayContaining([{ action: 'show-permissions', of: 'caller' }]) as unknown,
    });
  });

  it('need none when an administrator deploys in such an account', async () => {
    await standIn().reset();
    await deploy(undefined, async (RoleName) => {
      const { Role } = await standIn().direct.iam.send(new GetRoleCommand({ RoleName }));
      expect(Role?.PermissionsBoundary).toBeUndefined();
    });
  });
});
