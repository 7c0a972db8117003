import { CreateSecurityGroupCommand, CreateVpcCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand } from '@aws-sdk/client-iam';
import type { Ec2FleetOptions } from '../../src/ec2/options.js';
import { ubuntuImage, type AwsStandIn, type Behaviour, type Fault } from '@loadwright/aws-stand-in';

/** What is wrong with an account or with what is wanted of it, and what must be said. */
export interface BrokenAccount {
  readonly account?: Partial<Behaviour>;
  readonly options?: Ec2FleetOptions;
  /** Makes what belongs to the user. */
  readonly bring?: (aws: AwsStandIn) => Promise<Ec2FleetOptions>;
  /** A call that fails, and how; `*`: every call. */
  readonly fails?: readonly [call: string, fault: Fault];
  readonly variables?: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly says: RegExp;
  readonly remedy: RegExp;
  /** The option that is wrong, in the eyes of a deployment. */
  readonly option?: string;
  /** The look-ups of a deployment do not see it: they are not what refuses it. */
  readonly seenByCheckOnly?: true;
}

const error = (code: string, status = 400): Fault => ({ kind: 'error', code, status });

export const brokenAccounts: Readonly<Record<string, BrokenAccount>> = {
  'no default VPC': {
    account: { network: 'none' },
    subject: 'network',
    says: /^There is no default VPC in eu-west-1\.$/,
    remedy: /option subnet.*create-default-vpc --region eu-west-1/,
  },
  'no route to the internet': {
    account: { network: 'no-route' },
    subject: 'network',
    says: /^No route leads from the subnet subnet-\w+/,
    remedy: /internet gateway.*NAT gateway.*session-manager/,
  },
  'a NAT gateway, and a web UI at a public address': {
    account: { network: 'nat' },
    subject: 'network',
    says: /^The subnet subnet-\w+.* does not lead to the internet through an internet gateway/,
    remedy: /^Set access: 'session-manager'/,
  },
  'a quota of 5 vCPUs': {
    account: { quotas: { onDemand: 5, spot: 256 } },
    subject: 'quota',
    says: /L-1216C47A\): 5 vCPUs, 0 in use, 16 needed/,
    remedy: /request-service-quota-increase .*L-1216C47A --desired-value 16/,
    seenByCheckOnly: true,
  },
  'a spot quota of 5 vCPUs': {
    account: { quotas: { onDemand: 256, spot: 5 } },
    options: { spot: true },
    subject: 'quota',
    says: /L-34B43A08\): 5 vCPUs, 0 in use, 16 needed/,
    remedy: /L-34B43A08 --desired-value 16/,
    seenByCheckOnly: true,
  },
  'an expired token': {
    fails: ['*', error('ExpiredToken')],
    subject: 'credentials',
    says: /^The AWS credentials have expired\.$/,
    remedy: /aws sso login/,
  },
  'a region that is not enabled': {
    fails: ['*', error('InvalidClientTokenId', 403)],
    subject: 'credentials',
    says: /does not accept the credentials in this region/,
    remedy: /opted into.*AWS Regions/,
  },
  'an unknown instance type': {
    options: { instanceType: 'c99.4xlarge' },
    subject: 'instance type',
    says: /c99\.4xlarge/,
    option: 'instanceType',
    remedy: /^Set instanceType to another one/,
  },
  'a type that the zone of the subnet does not have': {
    options: { instanceType: 'c8a.4xlarge' },
    bring: async ({ direct }) => {
      const Filters = [{ Name: 'availability-zone', Values: ['eu-west-1c'] }];
      const { Subnets = [] } = await direct.ec2.send(new DescribeSubnetsCommand({ Filters }));
      return { subnet: Subnets[0]?.SubnetId };
    },
    subject: 'network',
    says: /^The instance type c8a\.4xlarge is not offered in eu-west-1c\.$/,
    remedy: /^Set subnet to one of eu-west-1a, eu-west-1b/,
  },
  'an image that does not exist': {
    options: { image: 'ami-0123456789abcdef0' },
    subject: 'image',
    says: /ami-0123456789abcdef0/,
    option: 'image',
    remedy: /option image/,
  },
  'an image for another processor': {
    options: { image: ubuntuImage('arm64') },
    subject: 'image',
    says: /has an x86_64 processor, but the image ami-\w+ is made for arm64\.$/,
    remedy: /choose another instanceType/,
  },
  'a clock that is 400 s behind': {
    account: { clockOffset: 400 },
    subject: 'clock',
    says: /clock is \d+ s \(± \d s\) behind/,
    remedy: /Synchronise/,
  },
  'a subnet that does not exist': {
    options: { subnet: 'subnet-0123456789abcdef0' },
    subject: 'network',
    says: /subnet-0123456789abcdef0/,
    option: 'subnet',
    remedy: /option subnet/,
  },
  'a security group of another VPC': {
    bring: async ({ direct }) => {
      const { Vpc } = await direct.ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
      const { GroupId } = await direct.ec2.send(
        new CreateSecurityGroupCommand({ GroupName: 'theirs', Description: 'theirs', VpcId: Vpc?.VpcId }),
      );
      return { securityGroup: GroupId };
    },
    subject: 'network',
    says: /^The security group sg-\w+ is in vpc-\w+, but the subnet subnet-\w+ in vpc-\w+\.$/,
    remedy: /option subnet to one of vpc-/,
  },
  'a security group that does not exist': {
    options: { securityGroup: 'sg-0123456789abcdef0' },
    subject: 'network',
    says: /sg-0123456789abcdef0/,
    option: 'securityGroup',
    remedy: /option securityGroup/,
  },
  'an instance profile without a role': {
    bring: async ({ direct }) => {
      await direct.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'empty' }));
      return { instanceProfile: 'empty' };
    },
    subject: 'instance profile',
    says: /^The instance profile empty holds no role\.$/,
    remedy: /^Put a role into it/,
    seenByCheckOnly: true,
  },
  'an address that nobody tells': {
    variables: { LOADWRIGHT_CHECK_IP_URL: 'http://127.0.0.1:9/' },
    subject: 'own address',
    says: /^The address of this machine on the internet could not be found out/,
    remedy: /allowedAddresses/,
  },
  'a connection that is closed': {
    fails: ['sts:GetCallerIdentity', { kind: 'drop-request' }],
    subject: 'credentials',
    says: /^Could not reach AWS at http:\/\/127\.0\.0\.1:\d+: it closed the connection/,
    remedy: /AWS_ENDPOINT_URL/,
  },
  'a machine that ends before the test': {
    options: { timeToLive: '5m' },
    subject: 'time to live',
    says: /^fleet\.timeToLive: found 5m, expected more than the 5m that the test lasts$/,
    remedy: /longer timeToLive/,
    seenByCheckOnly: true,
  },
  'no plugin for Session Manager': {
    options: { access: 'session-manager' },
    variables: { PATH: '/nowhere' },
    subject: 'session manager',
    says: /^not found on this machine: aws, session-manager-plugin$/,
    remedy: /session-manager-working-with-install-plugin/,
    seenByCheckOnly: true,
  },
  'a page of HTML instead of an answer': {
    fails: ['ec2:DescribeVpcs', { kind: 'error', code: 'x', message: '<html>sorry</html>', status: 502 }],
    subject: 'network',
    says: /an error of its own \(502\)/,
    remedy: /Try again/,
  },
};
