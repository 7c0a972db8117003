import { describe, expect, it } from 'vitest';
import { machineStatements } from './machine.js';
import { policyFor } from './policy.js';

const invoke = {
  Effect: 'Allow',
  Action: ['sagemaker:InvokeEndpoint'],
  Resource: ['arn:aws:sagemaker:eu-west-1:1:endpoint/fraud'],
} as const;

const duties = {
  fleetKind: 'ec2',
  fleetId: '20261123-093000-0123456789',
  region: 'eu-west-1',
  iamStatements: [invoke],
};

describe('machineStatements', () => {
  it('lets a machine read its own bundle and its own secrets, and do what the target needs', () => {
    const [bundle, secrets, certificate, session, target, ...others] = machineStatements(duties);
    expect(bundle).toMatchObject({ Resource: [`arn:aws:s3:::loadwright-ec2-${duties.fleetId}-eu-west-1/*`] });
    expect(secrets?.Resource).toEqual([
      `arn:aws:ssm:eu-west-1:*:parameter/loadwright/ec2/${duties.fleetId}`,
      `arn:aws:ssm:eu-west-1:*:parameter/loadwright/ec2/${duties.fleetId}/*`,
    ]);
    expect(certificate).toMatchObject({
      Action: ['ssm:PutParameter'],
      Resource: [`arn:aws:ssm:eu-west-1:*:parameter/loadwright/ec2/${duties.fleetId}/machine/CERTIFICATE`],
    });
    const without = machineStatements({ ...duties, handsOverCertificate: false });
    expect(JSON.stringify(without)).not.toContain('PutParameter');
    expect(session?.Action.every((action) => /^ssm(messages)?:(Update|Create|Open)/.test(action))).toBe(true);
    expect(target).toEqual(invoke);
    expect(others).toEqual([]);
  });
});

const place = { fleetKind: 'ec2', accountId: '1', region: 'eu-west-1' };
const through = { access: 'session-manager', spot: false } as const;

describe('policyFor', () => {
  const allowing = (action: string) =>
    policyFor(place, through).filter(({ Action }) => Action.includes(action));

  it('lets roles and profiles be looked for of which IAM knows no path yet', () => {
    const resourcesOf = (action: string) => allowing(action).flatMap(({ Resource }) => Resource);
    expect(resourcesOf('iam:GetInstanceProfile')).toContain('arn:aws:iam::1:instance-profile/loadwright*');
    expect(resourcesOf('iam:GetRole')).toContain('arn:aws:iam::1:role/*');
  });

  it('forwards ports of machines of fleets alone, by one document, and ends sessions of the caller alone', () => {
    const [machines, document, ...others] = allowing('ssm:StartSession');
    expect(machines).toMatchObject({
      Resource: ['arn:aws:ec2:eu-west-1:1:instance/*'],
      Condition: { StringEquals: { 'ssm:resourceTag/loadwright:kind': 'ec2' } },
    });
    expect(document?.Resource).toEqual(['arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSession']);
    expect(others).toEqual([]);
    expect(allowing('ssm:TerminateSession')).toMatchObject([
      { Condition: { StringLike: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' } } },
    ]);
  });

  it('holds what the target needs, in statements of names of their own', () => {
    const statements = policyFor(place, through, [invoke, { ...invoke, Sid: 'Invoke' }]);
    expect(statements.slice(-2)).toEqual([
      { Sid: 'AskTarget1', ...invoke },
      { Sid: 'AskTarget2', ...invoke },
    ]);
  });
});
