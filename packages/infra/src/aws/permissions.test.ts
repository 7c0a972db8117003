import { describe, expect, it } from 'vitest';
import { machineStatements, policyFor } from './permissions.js';

const invoke = {
  Effect: 'Allow',
  Action: ['sagemaker:InvokeEndpoint'],
  Resource: ['arn:aws:sagemaker:eu-west-1:1:endpoint/fraud'],
} as const;

const duties = {
  runId: '20261123-093000-0123456789',
  region: 'eu-west-1',
  bucket: 'loadwright-20261123-093000-0123456789-eu-west-1',
  iamStatements: [invoke],
};

describe('machineStatements', () => {
  it('lets a machine read its own bundle and its own secrets, and do what the target needs', () => {
    const [bundle, secrets, session, target, ...others] = machineStatements(duties);
    expect(bundle).toMatchObject({ Resource: [`arn:aws:s3:::${duties.bucket}/*`] });
    expect(secrets?.Resource).toEqual([
      `arn:aws:ssm:eu-west-1:*:parameter/loadwright/${duties.runId}`,
      `arn:aws:ssm:eu-west-1:*:parameter/loadwright/${duties.runId}/*`,
    ]);
    expect(session?.Action.every((action) => /^ssm(messages)?:(Update|Create|Open)/.test(action))).toBe(true);
    expect(target).toEqual(invoke);
    expect(others).toEqual([]);
  });
});

describe('policyFor', () => {
  it.each([
    ['cn-north-1', 'arn:aws-cn:'],
    ['us-gov-west-1', 'arn:aws-us-gov:'],
    ['eu-west-1', 'arn:aws:'],
  ])('writes the ARNs of the partition of %s', (region, prefix) => {
    const statements = policyFor({ accountId: '1', region }, { access: 'public', spot: false });
    const resources = statements.flatMap(({ Resource }) => Resource).filter((resource) => resource !== '*');
    expect(resources.filter((resource) => !resource.startsWith(prefix))).toEqual([]);
  });
});
