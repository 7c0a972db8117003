import { isIPv6 } from 'node:net';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  paginateDescribeSecurityGroups,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { all } from '../all.js';
import type { CreatableKind } from '../kind.js';
import { nameOf, staysBecause, tagsOf } from '../fleet-identity.js';
import { unlessAbsent, unlessPresent } from '../service-error.js';
import { ec2Filters } from './filters.js';
import { othersThatUse } from './group-users.js';
import { removeWhenFree } from './remove-when-free.js';
import { taggedResource } from './tagged.js';

/** What a security group lets in: the web UI, and what its machines say to each other. */
export interface SecurityGroupParameters {
  readonly vpcId: string;
  readonly uiPort: number;
  /** CIDR ranges; none: nobody comes in. */
  readonly allowedAddresses: readonly string[];
  /** Ports that machines of the group open to each other. Absent: none. */
  readonly innerPorts?: readonly number[];
}

export const securityGroup: CreatableKind<SecurityGroupParameters> = {
  name: 'security group',

  async find(aws, scope) {
    const found: SecurityGroup[] = [];
    const pages = paginateDescribeSecurityGroups({ client: aws.ec2 }, { Filters: ec2Filters(scope) });
    for await (const page of pages) found.push(...(page.SecurityGroups ?? []));
    return found.flatMap(({ GroupId: id = '', GroupName, Tags }) =>
      taggedResource(aws, Tags).map((own) => {
        // Names of groups never change, and no two of a network have the same.
        const name = nameOf(aws.fleet(own.fleetId));
        const isOther = GroupName !== name;
        const why = isOther ? staysBecause(id, `its name is not ${name}`, aws.settings.region) : undefined;
        return { ...own, kind: this.name, id, stays: own.stays ?? why };
      }),
    );
  },

  async create(aws, fleet, { vpcId }) {
    const { GroupId = '' } = await aws.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: nameOf(fleet),
        Description: `Web UI of the load test ${fleet.fleetId}`,
        VpcId: vpcId,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: tagsOf(fleet, 'ui') }],
      }),
    );
    return GroupId;
  },

  async complete(aws, fleet, id, { uiPort, allowedAddresses, innerPorts = [] }) {
    const description = `Loadwright ${fleet.fleetId}`;
    const port = { IpProtocol: 'tcp', FromPort: uiPort, ToPort: uiPort };
    // A call each: one rule that an earlier attempt has made would keep a call from making the others.
    const fromOutside = allowedAddresses.map((range) => ({
      ...port,
      ...(isSix(range)
        ? { Ipv6Ranges: [{ CidrIpv6: range, Description: description }] }
        : { IpRanges: [{ CidrIp: range, Description: description }] }),
    }));
    const fromInside = innerPorts.map((inner) => ({
      IpProtocol: 'tcp',
      FromPort: inner,
      ToPort: inner,
      UserIdGroupPairs: [{ GroupId: id, Description: description }],
    }));
    await all(
      [...fromOutside, ...fromInside].map((rule) => {
        const command = new AuthorizeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: [rule] });
        return unlessPresent(aws.ec2.send(command));
      }),
    );
  },

  async exists(aws, id) {
    return (
      (await unlessAbsent(aws.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] })))) !== undefined
    );
  },

  async destroy(aws, id) {
    await removeWhenFree(
      aws,
      `security group ${id}`,
      () => aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })),
      { others: () => othersThatUse(aws, id) },
    );
  },
};

function isSix(range: string): boolean {
  return isIPv6(range.split('/')[0] ?? '');
}
