import { tmpdir } from 'node:os';
import { CreateSecurityGroupCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { IamStatement } from '@loadwright/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { lookUpCaller } from '../../src/aws/account/caller.js';
import { boundaryName } from '../../src/aws/permissions/boundary.js';
import { anyFleet } from '../../src/aws/permissions/tag-condition.js';
import { machineStatements } from '../../src/ec2/permissions/machine.js';
import { boundaryStatements, ec2Policies, policyFor } from '../../src/ec2/permissions/policy.js';
import { iamPath } from '../../src/aws/fleet-identity.js';
import { checkAccount } from '../../src/ec2/check.js';
import { checkPermissions } from '../../src/aws/check/permissions.js';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { casesToTry } from '../matrix.js';
import { lookAt, request } from './look.js';
import { requestOf, settingsOf, uiPort, withFolder } from './work.js';

const standIn = useAws();

beforeEach(async () => {
  const document = { Version: '2012-10-17', Statement: boundaryStatements(place, ofTarget) };
  await standIn().createPolicy({ name: boundaryName(place), path: iamPath(place), document });
});
const never = new AbortController().signal;
const place = { fleetKind: 'ec2', accountId: '123456789012', region: 'eu-west-1' };
const usual = { access: 'https', spot: false } as const;

const ofTarget: readonly IamStatement[] = [
  {
    Effect: 'Allow',
    Action: ['sagemaker:InvokeEndpoint'],
    Resource: ['arn:aws:sagemaker:*:*:endpoint/x'],
  },
];

const without = (statements: readonly IamStatement[], action: string) =>
  statements
    .map((statement) => ({
      ...statement,
      Action: statement.Action.filter((other) => other !== action),
    }))
    .filter(({ Action }) => Action.length > 0);

/** Whoever may not look for the boundary is taken for one whose account has none. */
const alsoFor = (action: string) =>
  action === 'iam:GetPolicy' ? `${action}|iam:CreateRole|iam:PutRolePolicy` : action;

const forMachine = machineStatements({ ...place, fleetId: anyFleet, iamStatements: ofTarget });

/** Makes an instance profile of the user, with a role that has a path. */
async function bringProfile(statements: readonly IamStatement[]): Promise<string> {
  const { iam } = standIn().direct;
  const [RoleName, InstanceProfileName] = ['theirs', 'theirs'];
  await iam.send(new CreateRoleCommand({ RoleName, Path: '/own/', AssumeRolePolicyDocument: '{}' }));
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path: '/own/' }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
  return InstanceProfileName;
}

async function bringGroupAndProfile() {
  const { ec2 } = standIn().direct;
  const { Vpcs = [] } = await ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  const group = { GroupName: 'theirs', Description: 'theirs', VpcId: Vpcs[0]?.VpcId };
  const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand(group));
  return { securityGroup: GroupId, instanceProfile: await bringProfile(forMachine) };
}

describe('the policy of a plan', () => {
  it.each([
    ['with a role of its own', async () => ({})],
    ['in a group and with a profile of the user', bringGroupAndProfile],
  ])('suffices to check, plan, deploy, attach, list and destroy a machine %s', (_what, bring) =>
    withFolder(tmpdir(), async (folder) => {
      const adopted = await bring();
      const before = await standIn().inventory();
      const instanceProfileRole =
        'instanceProfile' in adopted ? 'arn:aws:iam::123456789012:role/own/theirs' : undefined;
      const statements = policyFor(place, { ...usual, ...adopted, instanceProfileRole }, ofTarget);
      Object.assign(standIn().behaviour, fakeMaster({ port: uiPort, password: () => 'none', workers: 2 }));
      const environment = {
        ...(await standIn().asUserWith(statements)),
        LOADWRIGHT_CHECK_IP_URL: `${standIn().endpoint}/checkip`,
      };
      const work = { fleetId: request.fleetId, folder, environment, uiPort, adopted };
      const fleet = fleetOf(settingsOf(work));
      const provision = requestOf(work, never);

      const findings = await fleet.lasting!.check(provision);
      expect(findings.filter(({ state }) => state !== 'good')).toEqual([]);
      expect((await fleet.plan(provision)).permissions).toEqual(statements);
      await fleet.provision(provision);
      await fleet.open(request.fleetId);
      expect(await fleet.lasting!.list()).toHaveLength(1);
      const { remaining } = await fleet.lasting!.destroy(request.fleetId);
      expect(remaining).toEqual([]);
      expect(await standIn().inventory()).toEqual(before);
    }),
  );

  it.each([
    [
      'names without a path',
      /:instance-profile\/loadwright\*$/,
      /iam:GetInstanceProfile on .*:instance-profile\/loadwright-/,
    ],
    ['parameters', /:parameter\/loadwright/, /ssm:PutParameter on .*:parameter\/loadwright\//],
    ['subnets', /:subnet\//, /ec2:RunInstances on .*:subnet\/subnet-/],
  ])('does not suffice without the resources of one kind: %s', (_kind, dropped, says) =>
    withFolder(tmpdir(), async (folder) => {
      const statements = policyFor(place, usual, ofTarget)
        .map((one) => ({ ...one, Resource: one.Resource.filter((resource) => !dropped.test(resource)) }))
        .filter(({ Resource }) => Resource.length > 0);
      const environment = {
        ...(await standIn().asUserWith(statements)),
        LOADWRIGHT_CHECK_IP_URL: `${standIn().endpoint}/checkip`,
      };
      const work = { fleetId: request.fleetId, folder, environment, uiPort, adopted: {} };
      await expect(fleetOf(settingsOf(work)).provision(requestOf(work, never))).rejects.toThrow(says);
    }),
  );

  it('with one action less is told by the check, whichever it is', { timeout: 600_000 }, async () => {
    const statements = policyFor(place, usual);
    const actions = new Set(statements.flatMap(({ Action }) => Action));
    actions.delete('iam:SimulatePrincipalPolicy');
    expect(actions.size).toBeGreaterThan(40);
    for (const action of casesToTry([...actions], { name: (action) => action, handful: 4 })) {
      const { aws, settings } = lookAt(
        standIn(),
        {},
        await standIn().asUserWith(without(statements, action)),
      );
      const found = await checkPermissions(aws, await lookUpCaller(aws), ec2Policies, settings, []);
      expect(found).toMatchObject({
        // Without a schedule the machine's own timers end it.
        state: action.startsWith('scheduler:') ? 'unknown' : 'problem',
        detail: expect.stringMatching(
          new RegExp(`tester-\\d+ lacks ${action} \\(to [^;]+(; (${alsoFor(action)}) .*)?$`),
        ) as string,
      });
    }
  });

  it('lacking several actions has them told at once, and nothing made', async () => {
    const before = await standIn().inventory();
    const some = ['ec2:RunInstances', 'iam:PassRole', 's3:PutObject'];
    const statements = some.reduce(without, policyFor(place, usual));
    const { aws, settings } = lookAt(standIn(), {}, await standIn().asUserWith(statements));
    const findings = await checkAccount(aws, settings, request);
    const [permissions] = findings.filter(({ subject }) => subject === 'permissions');
    for (const action of some) expect(permissions?.detail).toContain(action);
    expect(permissions?.next).toContainEqual({ action: 'show-permissions', of: 'caller' });
    // EC2 itself would refuse too: a dry run is one of the looks.
    expect(findings.filter(({ state }) => state === 'problem').map(({ subject }) => subject)).toEqual([
      'permissions',
      'launch',
    ]);
    expect(await standIn().inventory()).toEqual(before);
  });

  it('without the right to ask for permissions is told as not looked up', async () => {
    const statements = without(policyFor(place, usual), 'iam:SimulatePrincipalPolicy');
    const { aws, settings } = lookAt(standIn(), {}, await standIn().asUserWith(statements));
    const findings = await checkAccount(aws, settings, request);
    expect(findings.filter(({ state }) => state !== 'good')).toEqual([
      expect.objectContaining({ subject: 'permissions', state: 'unknown' }),
    ]);
  });
});

describe('permissions', () => {
  const check = async (arn: string, statements = policyFor(place, usual, ofTarget)) => {
    const { iam } = standIn().direct;
    const RoleName = 'AWSReservedSSO_Dev_0123456789abcdef';
    const Path = '/aws-reserved/sso.amazonaws.com/eu-west-1/';
    await iam.send(new CreateRoleCommand({ RoleName, Path, AssumeRolePolicyDocument: '{}' }));
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument }));
    const { aws, settings } = lookAt(standIn());
    return checkPermissions(aws, { ...(await lookUpCaller(aws)), arn }, ec2Policies, settings, ofTarget);
  };
  const session = 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/alice';

  it('of a session are those of its role, which has a path', async () => {
    const role = 'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/';
    expect(await check(session)).toMatch(new RegExp(`^${role}AWSReservedSSO_Dev_\\w+ has all \\d+$`));
  });

  it('are missing where the role of a session lacks what the target needs', async () => {
    expect(await check(session, policyFor(place, usual))).toMatchObject({
      state: 'problem',
      detail: expect.stringMatching(
        / lacks sagemaker:InvokeEndpoint \(to ask the target once[^)]*\)$/,
      ) as string,
    });
  });

  it.each(['assumed-role/of-another-account/alice', 'federated-user/alice'])(
    'of %s nobody tells',
    async (name) => {
      const arn = `arn:aws:sts::123456789012:${name}`;
      expect(await check(arn)).toMatchObject({
        state: 'unknown',
        detail: `IAM does not tell what ${arn} may do: it is no user and no role of the account`,
        next: [{ action: 'show-permissions', of: 'caller' }],
      });
    },
  );
});

describe('the role of an instance profile of the user', () => {
  const checkWith = async (access: 'https' | 'session-manager', statements: readonly IamStatement[]) => {
    const { aws, settings } = lookAt(standIn(), { access, instanceProfile: await bringProfile(statements) });
    const findings = await checkAccount(aws, settings, { ...request, iamStatements: ofTarget });
    return findings.filter(({ subject }) => subject === 'permissions of the machine');
  };
  it('is told to allow what a machine needs', async () => {
    expect(await checkWith('session-manager', forMachine)).toMatchObject([{ state: 'good' }]);
  });

  it.each([
    [
      'https',
      [
        's3:GetObject',
        'ssm:DeleteParameters',
        'ssm:GetParametersByPath',
        'ssm:PutParameter',
        'sagemaker:InvokeEndpoint',
      ],
    ],
    [
      'session-manager',
      forMachine.flatMap(({ Action }) => Action).filter((action) => action !== 'ssm:PutParameter'),
    ],
  ] as const)('is told what it lacks: access %s', async (access, missing) => {
    const [finding] = await checkWith(access, [{ ...forMachine[0]!, Action: ['s3:ListBucket'] }]);
    expect(finding).toMatchObject({
      state: 'problem',
      detail: `arn:aws:iam::123456789012:role/own/theirs lacks ${missing.join('; ')}`,
      next: [{ action: 'show-permissions', of: 'machine' }],
    });
  });
});

describe('policyFor', () => {
  it('asks for no more than a plan needs', () => {
    const ids = (wishes: Parameters<typeof policyFor>[1]) => policyFor(place, wishes).map(({ Sid }) => Sid);
    const adopting = { ...usual, securityGroup: 'sg-1', instanceProfile: 'theirs', image: 'ami-1' };
    expect(ids(usual).filter((id) => !ids(adopting).includes(id))).toEqual([
      'FindUbuntu',
      'MakeSecurityGroup',
      'UseSecurityGroup',
      'FindBoundary',
      'MakeRole',
      'HaveInstanceProfile',
      'EndFromOutside',
    ]);
    expect(ids({ access: 'session-manager', spot: true }).filter((id) => !ids(usual).includes(id))).toEqual([
      'ReadSpotPrice',
      'ForwardPort',
      'ForwardPortOnly',
      'EndSession',
      'FirstSpotMachine',
    ]);
  });

  it('limits what changes anything to what Loadwright made, and roles to EC2', () => {
    const changing = policyFor(place, usual).filter(({ Resource }) => Resource.includes('*'));
    const actions = changing.flatMap(({ Action }) => Action.map((action) => action.split(':')[1] ?? ''));
    expect(actions.filter((name) => !/^(Describe|List|Get)/.test(name))).toEqual([]);
    const pass = policyFor(place, usual).find(({ Sid }) => Sid === 'PassRole');
    expect(pass).toMatchObject({
      Resource: ['arn:aws:iam::123456789012:role/loadwright/ec2/eu-west-1/loadwright-ec2-*'],
      Condition: {
        StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com', 'scheduler.amazonaws.com'] },
      },
    });
    const without = policyFor(place, { ...usual, endFromOutside: 'never' });
    expect(JSON.stringify(without)).not.toMatch(/scheduler(:(Create|Delete)|\.amazonaws)/);
  });

  it.each(['eu-west-1', 'ap-southeast-7'])('fits into a managed policy: %s', (region) => {
    const wishes = { access: 'session-manager', spot: true, owner: 'a-team-of-people' } as const;
    const statements = policyFor({ ...place, region }, wishes, ofTarget);
    // Characters without whitespace; all inline policies of a role may have 10,240, those of a user only 2,048:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(JSON.stringify({ Version: '2012-10-17', Statement: statements }).length).toBeLessThan(6144);
  });
});

describe('the policy of a fleet', () => {
  it('is for the account of the credentials, without any permission', async () => {
    const { settings } = lookAt(standIn(), {}, await standIn().asUserWith([]));
    const { statements, notes } = await fleetOf(settings).lasting!.permissions();
    expect({ statements, notes }).toEqual({ statements: policyFor(place, usual), notes: [] });
  });

  it('is for the account that is named, without any call', async () => {
    const { settings } = lookAt(standIn());
    const { statements, ofMachine, notes } = await fleetOf(settings).lasting!.permissions({
      accountId: '210987654321',
      iamStatements: ofTarget,
    });
    expect(statements).toEqual(policyFor({ ...place, accountId: '210987654321' }, usual, ofTarget));
    expect(ofMachine.at(-1)).toEqual(ofTarget[0]);
    expect(notes).toEqual([]);
    expect(standIn().calls).toEqual([]);
  });

  it('is for any account where nobody tells which, and says why', async () => {
    const { settings } = lookAt(standIn());
    standIn().inject({
      at: '*',
      times: Infinity,
      fault: { kind: 'error', code: 'ExpiredToken', status: 400 },
    });
    const { statements, notes } = await fleetOf(settings).lasting!.permissions();
    expect(statements).toEqual(policyFor({ ...place, accountId: '*' }, usual));
    expect(notes.join('\n')).toMatch(/names no account.*have expired[^]*--account <id>/);
  });
});
