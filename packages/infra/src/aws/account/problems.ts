import type { ErrorCode, NextStep } from '@loadwright/core/fleet';
import type { AwsError } from './aws-error.js';

/** What an error of AWS means for a user. */
export interface Problem {
  /** Tested against `{code}: {message}`; the first row that fits counts. */
  readonly when: RegExp;
  /** Default `PROVISIONING_FAILED`. */
  readonly code?: ErrorCode;
  readonly message: (error: AwsError) => string;
  readonly hint: string;
  readonly next?: readonly NextStep[];
  readonly retryable?: boolean;
}

/** A call does not tell what kind of fleet it is made for. */
const subnetOption = 'subnet (of ECS: subnets)';

/** Errors of all services that Loadwright calls; codes as in their API references. */
export const problems: readonly Problem[] = [
  {
    when: /^(ExpiredToken(Exception)?|RequestExpired|TokenRefreshRequired|ExpiredTokenException):|token.{0,40} (is|has) expired|session has expired/i,
    code: 'CREDENTIALS_INVALID',
    message: () => 'The AWS credentials have expired.',
    hint: 'Log in again (aws sso login), or set new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.',
  },
  {
    when: /^(CredentialsProviderError|TokenProviderError):.*\bSSO\b/i,
    code: 'CREDENTIALS_INVALID',
    message: ({ message }) => `There is no SSO session, or it is over: ${message}`,
    hint: 'Log in: aws sso login, with --profile and the name of the profile.',
  },
  {
    when: /^CredentialsProviderError:.*\bprofile: \[/,
    code: 'CREDENTIALS_INVALID',
    message: ({ message }) => `The profile holds no AWS credentials: ${message}`,
    hint: 'Set the option profile or the variable AWS_PROFILE to one that does: "aws configure list-profiles" lists them.',
  },
  {
    // The command line may hold secrets.
    when: /^CredentialsProviderError: Command failed/,
    code: 'CREDENTIALS_INVALID',
    message: () => 'The credential_process of the AWS profile failed.',
    hint: 'Run its command by hand: it is in the AWS configuration file. Or set the option profile to another one.',
  },
  {
    when: /^(CredentialsProviderError|ProviderError|TokenProviderError):/,
    code: 'CREDENTIALS_INVALID',
    message: ({ message }) => `There are no AWS credentials: ${message}`,
    hint: 'Set the option profile or the variable AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  },
  {
    when: /^(RequestTimeTooSkewed|RequestInTheFuture):|signature (not yet current|expired)/i,
    code: 'CREDENTIALS_INVALID',
    message: () => "This machine's clock is off by more than AWS allows: signatures may be 300 s off.",
    hint: 'Synchronise the clock, for instance with "timedatectl set-ntp true".',
  },
  {
    when: /^(OptInRequired|RegionDisabledException):/,
    message: ({ message }) => `The region or a service in it is not enabled for this account: ${message}`,
    hint: 'Enable the region (AWS console, Account, AWS Regions), or set the option region to another one.',
  },
  {
    when: /^(InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|AuthFailure|SignatureDoesNotMatch|InvalidToken|InvalidSignatureException|IncompleteSignature):/,
    code: 'CREDENTIALS_INVALID',
    message: ({ code }) => `AWS does not accept the credentials in this region (${code}).`,
    hint: 'Check the keys and the option profile. A region that must be opted into answers the same until it is enabled: AWS console, Account, AWS Regions; or set the option region.',
  },
  {
    // Before missing permissions: more of those would not help.
    when: /explicit deny in a (service|resource) control policy/i,
    message: ({ message }) =>
      `A policy of the organisation denies ${missingAction(message) ?? `a call: ${message}`}.`,
    hint: 'No permission of the account helps. Ask who administers the AWS organisation for an exception, or use another account, or a region that it allows (option region).',
  },
  {
    when: /service.?linked role/i,
    message: ({ message }) => `The service-linked role of ECS cannot be used: ${message}`,
    hint: 'Make it, once for each account: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com. Then try again.',
    retryable: true,
  },
  {
    when: /^(UnauthorizedOperation|AccessDenied(Exception)?|AuthorizationError(Exception)?|Forbidden|403):|not authorized to perform/i,
    message: ({ code, message }) =>
      `A permission is missing: ${missingAction(message) ?? `${code}, ${message.replace(/\.$/, '')}`}.`,
    hint: 'Have an administrator grant the permissions that are missing.',
    next: [{ action: 'show-permissions', of: 'caller' }, { action: 'check-setup' }],
  },
  {
    when: /^MaxSpotInstanceCountExceeded:/,
    message: ({ message }) => `The quota of spot vCPUs, L-34B43A08, is used up: ${message}`,
    hint: 'Raise it (AWS console, Service Quotas, Amazon EC2, "All Standard Spot Instance Requests"), set spot: false, or choose a smaller instanceType.',
  },
  {
    when: /^(VcpuLimitExceeded|InstanceLimitExceeded):/,
    message: ({ message }) => `The quota of vCPUs, L-1216C47A, is used up: ${message}`,
    hint: 'Raise it (AWS console, Service Quotas, Amazon EC2, "Running On-Demand Standard instances"), end other machines, or choose a smaller instanceType.',
  },
  {
    when: /^(InsufficientInstanceCapacity|InsufficientHostCapacity|InsufficientCapacity):/,
    message: ({ message }) => `AWS has no such machine to give now: ${message}`,
    hint: 'Try again later, or choose another instanceType, region or subnet.',
    retryable: true,
  },
  {
    when: /^(SpotMaxPriceTooLow|SpotFleetRequestLimitExceeded|InvalidSpotInstanceRequest\w*):/,
    message: ({ message }) => `AWS has no spare capacity at this price: ${message}`,
    hint: 'Set spot: false, or choose another instanceType or subnet.',
    retryable: true,
  },
  {
    when: /not eligible for Free Tier/i,
    message: ({ message }) => `The plan of this account does not have the instance type: ${message}`,
    hint: 'Upgrade the plan (AWS console, Billing, Account), or set instanceType to one of: aws ec2 describe-instance-types --filters Name=free-tier-eligible,Values=true --query InstanceTypes[].InstanceType',
  },
  {
    when: /^(PendingVerification|Blocked(Exception)?):/,
    message: ({ message }) => `AWS does not let this account start anything yet: ${message}`,
    hint: 'A new account is verified within hours; if it is not, ask AWS Support. Or use another region or account.',
  },
  {
    when: /^InsufficientFreeAddressesInSubnet:/,
    message: ({ message }) => `The subnet has no free address: ${message}`,
    hint: `Set the option ${subnetOption} to another one.`,
  },
  {
    when: /^(InvalidInstanceType|Unsupported|UnsupportedInstanceType)\b[^:]*:|instance type.{0,60}(not supported|does not exist)/i,
    message: ({ message }) => `The instance type cannot be had there: ${message}`,
    hint: 'Set instanceType to another one, such as c7i.4xlarge or c7g.4xlarge, or choose a subnet of another zone.',
  },
  {
    when: /^InvalidAMIID\.\w+:/,
    message: ({ message }) => `The image cannot be used: ${message}`,
    hint: 'Ids of images differ from region to region. Set the option image, or leave it out for Ubuntu.',
  },
  {
    when: /^(InvalidSubnetID\.\w+|InvalidSubnet):/,
    message: ({ message }) => `The subnet cannot be used: ${message}`,
    hint: `Set the option ${subnetOption} to one of this region, or leave it out for the default VPC.`,
  },
  {
    when: /^(InvalidGroup(Id)?\.(NotFound|Malformed)|InvalidSecurityGroupID\.\w+):/,
    message: ({ message }) => `The security group cannot be used: ${message}`,
    hint: 'Set the option securityGroup to one of the VPC of the subnet, or leave it out.',
  },
  {
    when: /^InvalidKeyPair\.\w+:/,
    message: ({ message }) => `The key pair cannot be used: ${message}`,
    hint: 'Set the option keyPair to one of this region, or leave it out.',
  },
  {
    when: /^(VPCIdNotSpecified|DefaultVpcDoesNotExist):|no default vpc/i,
    message: () => 'There is no default VPC in this region.',
    hint: `Set the option ${subnetOption}, or make one: aws ec2 create-default-vpc`,
  },
  {
    when: /iam instance profile|^(NoSuchEntity(Exception)?):.*instance profile/i,
    message: ({ message }) => `The instance profile cannot be used: ${message}`,
    hint: 'Set the option instanceProfile to the name of one that holds a role, or leave it out.',
  },
  {
    when: /^(Throttling(Exception)?|ThrottledException|RequestLimitExceeded|TooManyRequestsException|SlowDown|EC2ThrottledException|RequestThrottled(Exception)?):/,
    message: ({ code }) => `AWS throttles this account (${code}), after several tries.`,
    hint: 'Try again in a while: other programs of the account call it too often.',
    retryable: true,
  },
  {
    when: /^(OperationAborted(Exception)?|TooManyUpdates|ConcurrentModification(Exception)?|UpdateInProgressException):|too many concurrent attempts/i,
    message: ({ code, message }) => `AWS is busy with another call on the same thing (${code}): ${message}`,
    hint: 'Try again in a while: another program changes it at the same time.',
    retryable: true,
  },
  {
    when: /^(LimitExceeded(Exception)?|ServiceQuotaExceeded(Exception)?|TooManyBuckets|ParameterLimitExceeded|\w+LimitExceeded):/,
    message: ({ code, message }) => `A quota of the account is used up (${code}): ${message}`,
    hint: 'Raise it (AWS console, Service Quotas), or remove what is no longer needed.',
    next: [{ action: 'remove-unused-fleets' }],
  },
];

/** `ec2:RunInstances on resource: …`, as most services put it. */
function missingAction(message: string): string | undefined {
  const found = /perform: ([\w-]+:\w+)(?: on resource: (\S+))?/.exec(message);
  if (!found) return undefined;
  const [, action, resource] = found;
  return resource === undefined ? action : `${action} on ${resource}`;
}
