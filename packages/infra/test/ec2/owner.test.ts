import { tmpdir } from 'node:os';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  DeleteParametersCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import { createFleetId } from '@loadwright/core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Aws } from '../../src/aws/clients.js';
import { boundaryArn, boundaryName } from '../../src/aws/permissions/boundary.js';
import { machineStatements } from '../../src/ec2/permissions/machine.js';
import { boundaryStatements, policyFor } from '../../src/ec2/permissions/policy.js';
import { iamPath } from '../../src/aws/fleet-identity.js';
import { fleetOf } from '../../src/ec2/fleet.js';
import { resolveOptions } from '../../src/ec2/settings.js';
import { decide, fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { lookAt } from './look.js';
import { quick, requestOf, uiPort, withFolder } from './work.js';

const aws = useAws();
const place = { fleetKind: 'ec2', accountId: '123456789012', region: 'eu-west-1' };
const wishes = { access: 'https', spot: false, owner: 'alice' } as const;
const bobsFleet = '20261129-101112-0123456789';
const bobs = `loadwright-ec2-${bobsFleet}`;
const trust = { AssumeRolePolicyDocument: '{}' };
const policy = { PolicyName: 'more', PolicyDocument: '{"Version":"2012-10-17","Statement":[]}' };

beforeEach(async () => {
  const { iam, ssm } = aws().direct;
  for (const owner of ['alice', 'bob', undefined]) {
    const document = { Version: '2012-10-17', Statement: boundaryStatements(place, [], owner) };
    const name = boundaryName(place, owner);
    await aws().createPolicy({ name, path: iamPath(place), document });
  }
  await iam.send(
    new CreateRoleCommand({
      RoleName: bobs,
      Path: iamPath(place, 'bob'),
      PermissionsBoundary: boundaryArn(place, 'bob'),
      ...trust,
    }),
  );
  for (const prefix of [`/loadwright/ec2/bob/${bobsFleet}`, `/loadwright/ec2/${bobsFleet}`]) {
    const Name = `${prefix}/worker/TOKEN`;
    await ssm.send(new PutParameterCommand({ Name, Value: 'canary-of-bob', Type: 'SecureString' }));
  }
});

/** The calls of somebody who may do what is printed for alice. */
async function asAlice(): Promise<Aws> {
  return lookAt(aws(), {}, await aws().asUserWith(policyFor(place, wishes))).aws;
}

const under = (Path: string) => new GetParametersByPathCommand({ Path, Recursive: true });

describe('the policy of an owner', () => {
  it.each<[string, (aws: Aws) => Promise<unknown>]>([
    ['reading the secrets of another', ({ ssm }) => ssm.send(under(`/loadwright/ec2/bob/${bobsFleet}`))],
    [
      'reading those of a fleet without an owner',
      ({ ssm }) => ssm.send(under(`/loadwright/ec2/${bobsFleet}`)),
    ],
    ['reading all at once', ({ ssm }) => ssm.send(under('/loadwright/ec2'))],
    [
      'removing the secrets of another',
      ({ ssm }) =>
        ssm.send(new DeleteParametersCommand({ Names: [`/loadwright/ec2/bob/${bobsFleet}/worker/TOKEN`] })),
    ],
    [
      'writing among them',
      ({ ssm }) =>
        ssm.send(
          new PutParameterCommand({ Name: `/loadwright/ec2/bob/${bobsFleet}/x`, Value: 'x', Type: 'String' }),
        ),
    ],
    [
      'a policy in the role of another',
      ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName: bobs, ...policy })),
    ],
    [
      "a role with everybody's boundary",
      ({ iam }) =>
        iam.send(
          new CreateRoleCommand({
            RoleName: 'loadwright-ec2-new',
            Path: iamPath(place, 'alice'),
            PermissionsBoundary: boundaryArn(place),
            ...trust,
          }),
        ),
    ],
    [
      'a role in the path of another',
      ({ iam }) =>
        iam.send(
          new CreateRoleCommand({
            RoleName: 'loadwright-ec2-new',
            Path: iamPath(place, 'bob'),
            PermissionsBoundary: boundaryArn(place, 'alice'),
            ...trust,
          }),
        ),
    ],
  ])('denies %s', async (_what, attempt) => {
    await expect(attempt(await asAlice())).rejects.toMatchObject({
      name: expect.stringMatching(/^AccessDenied/) as string,
    });
  });

  it('denies a machine with the role of another', () => {
    const statements = policyFor(place, wishes);
    const context = { 'iam:PassedToService': 'ec2.amazonaws.com' };
    const passes = (owner: string) =>
      decide(
        statements,
        'iam:PassRole',
        `arn:aws:iam::123456789012:role${iamPath(place, owner)}${bobs}`,
        context,
      );
    expect([passes('alice'), passes('bob')]).toEqual(['allowed', 'implicitDeny']);
  });

  it('has a boundary in which no role reads the secrets of another', () => {
    const boundary = boundaryStatements(place, [], 'alice');
    const reads = (owner: string) =>
      decide(
        boundary,
        'ssm:GetParametersByPath',
        `arn:aws:ssm:eu-west-1:123456789012:parameter/loadwright/ec2/${owner}${bobsFleet}`,
        {},
      );
    expect([reads('alice/'), reads('bob/'), reads('')]).toEqual(['allowed', 'implicitDeny', 'implicitDeny']);
  });

  it('is printed with its boundary for whoever is named, also where the fleet is configured for another', async () => {
    const settings = resolveOptions({
      region: 'eu-west-1',
      owner: 'bob',
      access: 'https',
      environment: {},
    });
    const given = { accountId: place.accountId, owner: 'alice' };
    const { statements, boundary, ofMachine } = await fleetOf(settings).lasting!.permissions(given);
    expect(statements).toEqual(policyFor(place, { ...settings, owner: 'alice' }));
    expect(boundary).toMatchObject({
      name: 'loadwright-ec2-boundary-eu-west-1-alice',
      statements: boundaryStatements(place, [], 'alice'),
    });
    expect(JSON.stringify([statements, boundary, ofMachine])).not.toMatch(
      /bob|parameter\/loadwright\/ec2\/\*/,
    );
  });

  it('suffices to deploy, attach and destroy; who has no configuration finds the fleet all the same', () =>
    withFolder(tmpdir(), async (folder) => {
      const before = await aws().inventory();
      Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
      const statements = policyFor(place, wishes, []);
      const environment = {
        ...(await aws().asUserWith(statements)),
        LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip`,
      };
      const fleetWith = (owner: { owner?: string }) => {
        const options = {
          region: 'eu-west-1',
          access: 'http',
          stateDirectory: folder,
          environment,
          uiPort,
          ...owner,
        } as const;
        const settings = resolveOptions(options);
        return fleetOf({ ...settings, aws: { ...settings.aws, pace: quick } });
      };
      const work = { fleetId: createFleetId(), folder, environment, uiPort, adopted: {} };
      const request = requestOf(work, new AbortController().signal);
      const handle = await fleetWith({ owner: 'alice' }).provision({ ...request, iamStatements: [] });
      const made = await aws().inventory();
      expect(made).toContain(`ssm:parameter//loadwright/ec2/alice/${work.fleetId}/worker/DATABRICKS_TOKEN`);
      const found = await fleetWith({}).open(work.fleetId);
      expect(found.login).toEqual(handle.login);
      expect(await fleetWith({}).lasting!.list()).toEqual(
        expect.arrayContaining([expect.objectContaining({ fleetId: work.fleetId })]),
      );
      expect((await fleetWith({}).lasting!.destroy(work.fleetId)).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual(before);
    }));
});

it('a machine reads below the name of its owner alone', () => {
  const [, secrets] = machineStatements({
    ...place,
    fleetId: bobsFleet,
    owner: 'bob',
    iamStatements: [],
  });
  expect(secrets?.Resource).toEqual([
    `arn:aws:ssm:eu-west-1:*:parameter/loadwright/ec2/bob/${bobsFleet}`,
    `arn:aws:ssm:eu-west-1:*:parameter/loadwright/ec2/bob/${bobsFleet}/*`,
  ]);
});
