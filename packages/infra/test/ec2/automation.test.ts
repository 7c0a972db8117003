import {
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { AttachRolePolicyCommand, CreatePolicyCommand, TagRoleCommand } from '@aws-sdk/client-iam';
import {
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { useAws } from '@loadwright/aws-stand-in';
import { awsCommand } from './aws-command.js';
import { destroy, withDeployedFleet } from './deployed-fleet.js';
import { settingsOf, type Work } from './work.js';

const aws = useAws();
const carryOut = (command: string) => awsCommand(aws().direct.ec2, command);
const withFleet = (use: (work: Work) => Promise<void>) => withDeployedFleet(aws(), use);

async function ownMachine() {
  const { Reservations } = await aws().direct.ec2.send(new DescribeInstancesCommand({}));
  return Reservations?.[0]?.Instances?.[0];
}

async function ownGroup({ fleetId }: Work) {
  const Filters = [{ Name: 'group-name', Values: [`loadwright-ec2-${fleetId}`] }];
  const { SecurityGroups } = await aws().direct.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  return SecurityGroups?.[0];
}

describe("other people's automation", () => {
  it('attaches policies to the role, which are detached', () =>
    withFleet(async (work) => {
      const { iam } = aws().direct;
      const PolicyDocument = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
      });
      const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'audit', PolicyDocument }));
      const RoleName = `loadwright-ec2-${work.fleetId}`;
      await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: Policy?.Arn }));
      expect((await destroy(work)).remaining).toEqual([]);
    }));

  it('makes the bucket a versioned one, whose versions and marks of deletion are removed', () =>
    withFleet(async (work) => {
      const { s3 } = aws().direct;
      const Bucket = `loadwright-ec2-${work.fleetId}-${aws().region}`;
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      for (const Body of ['a', 'b'])
        await s3.send(new PutObjectCommand({ Bucket, Key: 'bundle.tar.gz', Body }));
      await s3.send(new DeleteObjectCommand({ Bucket, Key: 'bundle.tar.gz' }));
      expect((await destroy(work)).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual([]);
    }));

  it.each(['a legal hold', 'a retention in governance mode'])(
    'locks the object of the bucket by %s: the bucket stays alone, named with what frees it',
    (lock) =>
      withFleet(async (work) => {
        const { s3 } = aws().direct;
        const Bucket = `loadwright-ec2-${work.fleetId}-${aws().region}`;
        const Key = 'bundle.tar.gz';
        // moto wants an empty bucket for this, AWS a versioned one.
        await s3.send(new DeleteObjectCommand({ Bucket, Key }));
        const VersioningConfiguration = { Status: 'Enabled' } as const;
        await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
        const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' } as const;
        await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
        const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'locked' }));
        if (lock === 'a legal hold') {
          await s3.send(
            new PutObjectLegalHoldCommand({ Bucket, Key, VersionId, LegalHold: { Status: 'ON' } }),
          );
        } else {
          const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: new Date('2099-01-01') } as const;
          await s3.send(new PutObjectRetentionCommand({ Bucket, Key, VersionId, Retention }));
        }

        const { remaining } = await destroy(work);
        expect(await aws().inventory()).toEqual([`s3:bucket/${Bucket}`]);
        expect(remaining).toEqual([expect.stringContaining(`${Key} of the bucket ${Bucket}: AccessDenied`)]);
        const object = { Bucket, Key, VersionId };
        expect(remaining[0]).toContain(
          `--bucket ${Bucket} --key ${Key} --version-id ${VersionId} --region ${aws().region}`,
        );
        // What the lines say, done as they say.
        await s3.send(
          lock === 'a legal hold'
            ? new PutObjectLegalHoldCommand({ ...object, LegalHold: { Status: 'OFF' } })
            : new DeleteObjectCommand({ ...object, BypassGovernanceRetention: true }),
        );
        expect((await destroy(work)).remaining).toEqual([]);
      }),
  );
});

/** Someone's group in the network of the fleet's. */
async function theirGroup(VpcId: string | undefined): Promise<string> {
  const group = { GroupName: 'theirs', Description: 'theirs', VpcId };
  return (await aws().direct.ec2.send(new CreateSecurityGroupCommand(group))).GroupId ?? '';
}

describe('a security group that others use', () => {
  it('stays alone, named with the commands that free it, and without waiting for them', () =>
    withFleet(async (work) => {
      const { ec2 } = aws().direct;
      const group = await ownGroup(work);
      const own = group?.GroupId ?? '';
      const theirs = await theirGroup(group?.VpcId);
      const pair = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, UserIdGroupPairs: [{ GroupId: own }] };
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: theirs, IpPermissions: [pair] }));
      const SubnetId = (await ownMachine())?.SubnetId;
      const made = await ec2.send(
        new CreateNetworkInterfaceCommand({ SubnetId, Groups: [own, theirs], Description: 'their proxy' }),
      );
      const id = made.NetworkInterface?.NetworkInterfaceId ?? '';

      const patient = { ...work, pace: { ...settingsOf(work).aws.pace, removal: 600_000 } };
      const { remaining } = await destroy(patient);
      expect(remaining).toEqual([
        [
          `security group ${own}: others use the security group ${own}, which these free:`,
          `  network interface ${id} (their proxy) is in it: aws ec2 modify-network-interface-attribute --network-interface-id ${id} --groups ${theirs} --region eu-west-1`,
          `  security group ${theirs} (theirs) names it in a rule: aws ec2 revoke-security-group-ingress --group-id ${theirs} --ip-permissions '${JSON.stringify([pair])}' --region eu-west-1`,
        ].join('\n'),
      ]);
      expect(await aws().inventory()).toEqual(
        [`ec2:network-interface/${id}`, `ec2:security-group/${own}`, `ec2:security-group/${theirs}`].sort(),
      );
      // What the list says, done as it says.
      for (const command of remaining[0]?.match(/aws ec2 .*$/gm) ?? []) await carryOut(command);
      expect((await destroy(work)).remaining).toEqual([]);
    }));

  it('hands a network interface that has no other group to the default one of its network', () =>
    withFleet(async (work) => {
      const { ec2 } = aws().direct;
      const group = await ownGroup(work);
      const SubnetId = (await ownMachine())?.SubnetId;
      const Groups = [group?.GroupId ?? ''];
      await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, Groups }));
      const Filters = [{ Name: 'vpc-id', Values: [group?.VpcId ?? ''] }];
      const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
      const usual = SecurityGroups?.find(({ GroupName }) => GroupName === 'default')?.GroupId;
      expect((await destroy(work)).remaining).toEqual([expect.stringContaining(`--groups ${usual} `)]);
    }));
});

describe('what bears the tag of a fleet and was not made for it', () => {
  it('stays, named with the way to free it: a machine with all it holds, a group, a volume', () =>
    withFleet(async (work) => {
      const { ec2 } = aws().direct;
      const own = await ownMachine();
      // As "launch more like this" does.
      const { Instances: [theirs] = [] } = await ec2.send(
        new RunInstancesCommand({
          ImageId: own?.ImageId,
          SubnetId: own?.SubnetId,
          MinCount: 1,
          MaxCount: 1,
          TagSpecifications: (['instance', 'volume', 'network-interface'] as const).map((ResourceType) => ({
            ResourceType,
            Tags: own?.Tags,
          })),
        }),
      );
      const id = theirs?.InstanceId ?? '';
      const group = await theirGroup(own?.VpcId);
      const { VolumeId = '' } = await ec2.send(
        new CreateVolumeCommand({ AvailabilityZone: own?.Placement?.AvailabilityZone, Size: 1 }),
      );
      const Tags = [{ Key: 'loadwright:fleet-id', Value: work.fleetId }];
      await ec2.send(new CreateTagsCommand({ Resources: [group, VolumeId], Tags }));

      const shown = (await fleetOf(settingsOf(work)).lasting!.inventory(work.fleetId)).map(
        ({ resource }) => resource,
      );
      expect(shown).toEqual(
        expect.arrayContaining([
          expect.stringMatching(
            `^instance ${own?.InstanceId}: loadwright-ec2-${work.fleetId}, c7i.4xlarge, running, launched 2\\S+ \\S+ UTC, for arn:`,
          ),
          expect.stringMatching(`^instance ${id}: .* was not launched by Loadwright .*: it stays\\.`),
        ]),
      );
      const { remaining } = await destroy(work);
      expect(remaining).toEqual(
        expect.arrayContaining([
          expect.stringContaining(`aws ec2 terminate-instances --instance-ids ${id} --region eu-west-1`),
          expect.stringContaining(`aws ec2 delete-tags --resources ${group} --tags Key=loadwright:fleet-id`),
          expect.stringContaining(`aws ec2 delete-tags --resources ${VolumeId} --tags`),
        ]),
      );
      const left = await aws().inventory();
      expect(left).toEqual(
        expect.arrayContaining([
          `ec2:instance/${id}`,
          `ec2:security-group/${group}`,
          `ec2:volume/${VolumeId}`,
        ]),
      );
      // Nothing of its own is among it.
      expect(left.filter((name) => /^(iam|s3|ssm)|security-group/.test(name))).toEqual([
        `ec2:security-group/${group}`,
      ]);
      expect(left).not.toContain(`ec2:instance/${own?.InstanceId}`);
    }));
});

describe('the machine of a fleet', () => {
  it('is ended whatever tags automation has added, and whatever name it has given', () =>
    withFleet(async (work) => {
      const { ec2, iam } = aws().direct;
      const own = await ownMachine();
      const Tags = [
        { Key: 'Name', Value: 'prod-eu-west-1-0042' },
        { Key: 'CostCenter', Value: '42' },
      ];
      const group = await ownGroup(work);
      const Resources = [own?.InstanceId ?? '', group?.GroupId ?? ''];
      await ec2.send(new CreateTagsCommand({ Resources, Tags }));
      await iam.send(new TagRoleCommand({ RoleName: `loadwright-ec2-${work.fleetId}`, Tags }));
      expect((await destroy(work)).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual([]);
    }));

  it('that somebody protected stays, named with the command that frees it', () =>
    withFleet(async (work) => {
      const { ec2 } = aws().direct;
      const InstanceId = (await ownMachine())?.InstanceId ?? '';
      await ec2.send(
        new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value: true } }),
      );
      const free = `aws ec2 modify-instance-attribute --instance-id ${InstanceId} --no-disable-api-termination --region eu-west-1`;
      expect((await destroy(work)).remaining).toContainEqual(expect.stringContaining(free));
      await carryOut(free);
      expect((await destroy(work)).remaining).toEqual([]);
    }));
});
