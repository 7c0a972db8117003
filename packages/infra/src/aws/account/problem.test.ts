import { LoadwrightError } from '@loadwright/core/fleet';
import { describe, expect, it } from 'vitest';
import { accountProblem } from './problem.js';

/** An error as the SDK throws it. */
function awsError(name: string, message = `${name}.`, httpStatusCode: number | undefined = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode, attempts: 1 } });
}

const encoded = 'Encoded authorization failure message: 4nYhQ8secret-looking';

type Case = [Error, code: string, says: RegExp, hint: RegExp, next?: readonly string[]];

const cases: Case[] = [
  [awsError('ExpiredTokenException'), 'CREDENTIALS_INVALID', /have expired/, /Log in again/],
  [awsError('RequestExpired'), 'CREDENTIALS_INVALID', /have expired/, /Log in again/],
  [
    awsError('AuthFailure', 'AWS was not able to validate', 401),
    'CREDENTIALS_INVALID',
    /\(AuthFailure\)/,
    /opted into/,
  ],
  [awsError('RequestTimeTooSkewed'), 'CREDENTIALS_INVALID', /clock/, /Synchronise/],
  ...['RequestLimitExceeded', 'ThrottlingException', 'TooManyRequestsException', 'EC2ThrottledException'].map(
    (name): Case => [awsError(name), 'PROVISIONING_FAILED', /throttles this account/, /Try again in a while/],
  ),
  ...['OperationAbortedException', 'TooManyUpdates', 'ConcurrentModification'].map((name): Case => [
    awsError(name),
    'PROVISIONING_FAILED',
    /busy with another call/,
    /Try again in a while/,
  ]),
  [
    awsError('ServiceQuotaExceededException', 'Too many schedules.', 402),
    'PROVISIONING_FAILED',
    /quota of the account is used up \(ServiceQuotaExceededException\): Too many schedules/,
    /Service Quotas/,
    ['remove-unused-fleets'],
  ],
  [
    awsError(
      'InvalidParameterCombination',
      'The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run ...',
    ),
    'PROVISIONING_FAILED',
    /plan of this account does not have the instance type/,
    /Name=free-tier-eligible,Values=true/,
  ],
  [
    awsError(
      'PendingVerification',
      'Your request for accessing resources in this region is being validated.',
    ),
    'PROVISIONING_FAILED',
    /does not let this account start anything yet/,
    /AWS Support/,
  ],
  [awsError('OptInRequired', 'You are not subscribed'), 'PROVISIONING_FAILED', /not enabled/, /AWS Regions/],
  [
    awsError(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:1:instance/* because no policy allows it. ${encoded}`,
      403,
    ),
    'PROVISIONING_FAILED',
    /^A permission is missing: ec2:RunInstances on arn:aws:ec2:eu-west-1:1:instance\/\*\.$/,
    /administrator/,
    ['show-permissions', 'check-setup'],
  ],
  [
    awsError('UnauthorizedOperation', `You are not authorized to perform this operation. ${encoded}`, 403),
    'PROVISIONING_FAILED',
    /^A permission is missing: UnauthorizedOperation, You are not authorized to perform this operation\.$/,
    /administrator/,
    ['show-permissions', 'check-setup'],
  ],
  [
    awsError('Unknown', 'UnknownError', 403),
    'PROVISIONING_FAILED',
    /permission is missing/,
    /administrator/,
    ['show-permissions', 'check-setup'],
  ],
  [awsError('VcpuLimitExceeded'), 'PROVISIONING_FAILED', /L-1216C47A/, /Service Quotas/],
  [awsError('MaxSpotInstanceCountExceeded'), 'PROVISIONING_FAILED', /L-34B43A08/, /spot: false/],
  [
    awsError('InsufficientInstanceCapacity', 'no c7i', 500),
    'PROVISIONING_FAILED',
    /to give now: no c7i/,
    /later/,
  ],
  [awsError('SpotMaxPriceTooLow'), 'PROVISIONING_FAILED', /spare capacity/, /spot: false/],
  [
    awsError('Unsupported', 'not in zone'),
    'PROVISIONING_FAILED',
    /cannot be had there: not in zone/,
    /subnet/,
  ],
  [awsError('InvalidAMIID.NotFound'), 'PROVISIONING_FAILED', /image/, /option image/],
  [awsError('InvalidSubnetID.NotFound'), 'PROVISIONING_FAILED', /subnet/, /option subnet/],
  [awsError('InvalidKeyPair.NotFound'), 'PROVISIONING_FAILED', /key pair/, /option keyPair/],
  [
    awsError(
      'InvalidParameterValue',
      'Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
    ),
    'PROVISIONING_FAILED',
    /instance profile/,
    /option instanceProfile/,
  ],
  [
    awsError('LimitExceeded', 'Cannot exceed 1000 roles', 409),
    'PROVISIONING_FAILED',
    /\(LimitExceeded\)/,
    /Service Quotas/,
    ['remove-unused-fleets'],
  ],
  [awsError('RequestLimitExceeded', 'slow', 503), 'PROVISIONING_FAILED', /throttles/, /in a while/],
  [
    awsError('Error', '<!DOCTYPE html><p>moto', 500),
    'PROVISIONING_FAILED',
    /\(500\): a page of HTML$/,
    /health/,
  ],
  [
    awsError('Odd', 'what is this', 418),
    'PROVISIONING_FAILED',
    /\(418 Odd\): what is this/,
    /lacks/,
    ['plan-fleet', 'check-setup'],
  ],
  [
    Object.assign(new Error('getaddrinfo'), {
      code: 'ENOTFOUND',
      hostname: 'ec2.eu-west-9.amazonaws.com',
      $metadata: { attempts: 3 },
    }),
    'PROVISIONING_FAILED',
    /^Could not reach AWS at https:\/\/ec2\.eu-west-9\.amazonaws\.com: its name cannot be resolved/,
    /It is the network, not the account.*that the region exists/,
  ],
  [
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED', url: 'http://127.0.0.1:1' }),
    'PROVISIONING_FAILED',
    /^Could not reach AWS at http:\/\/127\.0\.0\.1:1: nothing listens there/,
    /not AWS itself: check the option endpoint and the variable AWS_ENDPOINT_URL/,
  ],
  [
    Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    }),
    'CREDENTIALS_INVALID',
    /no AWS credentials/,
    /AWS_PROFILE/,
  ],
  [Object.assign(new Error('Request aborted'), { name: 'AbortError' }), 'ABORTED', /Stopped/, /^$/],
];

describe('accountProblem', () => {
  it.each<Case>(cases)('%s', (error, code, says, hint, next = []) => {
    const problem = accountProblem(error);
    expect(problem).toMatchObject({ code, cause: error });
    expect(problem.message).toMatch(says);
    expect((problem as LoadwrightError).hint ?? '').toMatch(hint);
    expect((problem as LoadwrightError).next.map(({ action }) => action)).toEqual(next);
    expect(problem.message).not.toContain('secret-looking');
  });

  it('leaves what is no error of a call as it is', () => {
    const bug = new TypeError('x is not a function');
    expect(accountProblem(bug)).toBe(bug);
    const told = new LoadwrightError('CONFIG_INVALID', 'told already');
    expect(accountProblem(told)).toBe(told);
  });
});
