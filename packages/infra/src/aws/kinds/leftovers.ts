import {
  DeleteNetworkInterfaceCommand,
  DeleteVolumeCommand,
  paginateDescribeNetworkInterfaces,
  paginateDescribeVolumes,
  type Filter,
  type NetworkInterface,
  type Volume,
} from '@aws-sdk/client-ec2';
import type { Aws } from '../clients.js';
import type { Kind } from '../kind.js';
import { hasAllTags, staysBecause } from '../fleet-identity.js';
import { together } from '../together.js';
import { ec2Filters, filteredAtOnce } from './filters.js';
import { removeWhenFree } from './remove-when-free.js';
import { taggedResource } from './tagged.js';

/** The volume of a machine. It is removed with it; one that is not, because the launch broke off, is found by its tags. */
export const volume: Kind = {
  name: 'volume',

  async find(aws, scope) {
    const found = await volumes(aws, ec2Filters(scope));
    return found.flatMap(({ VolumeId: id = '', State: state = '', Tags, Attachments }) =>
      taggedResource(aws, Tags).map((own) => ({
        ...own,
        kind: this.name,
        id,
        state,
        holder: Attachments?.[0]?.InstanceId,
        stays: own.stays ?? whyItStays(aws, id, own.tags),
      })),
    );
  },

  async exists(aws, id) {
    return (await describeVolume(aws, id)) !== undefined;
  },

  async destroy(aws, id) {
    if (!(await this.exists(aws, id))) return;
    await removeWhenFree(aws, `volume ${id}`, () => aws.ec2.send(new DeleteVolumeCommand({ VolumeId: id })));
  },
};

/** The network interface of a machine, in the same way. */
export const networkInterface: Kind = {
  name: 'network interface',

  async find(aws, scope) {
    const found = await networkInterfaces(aws, ec2Filters(scope));
    return found.flatMap(({ NetworkInterfaceId: id = '', Status: state = '', TagSet, Attachment }) =>
      taggedResource(aws, TagSet).map((own) => ({
        ...own,
        kind: this.name,
        id,
        state,
        holder: Attachment?.InstanceId,
        stays: own.stays ?? whyItStays(aws, id, own.tags),
      })),
    );
  },

  async exists(aws, id) {
    return (await describeInterface(aws, id)) !== undefined;
  },

  async destroy(aws, id) {
    if (!(await this.exists(aws, id))) return;
    await removeWhenFree(aws, `network interface ${id}`, () =>
      aws.ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id })),
    );
  },
};

async function volumes(aws: Aws, Filters: Filter[]): Promise<Volume[]> {
  const found: Volume[] = [];
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client: aws.ec2 }, { Filters })) {
    found.push(...Volumes);
  }
  return found;
}

const describeVolume = together(filteredAtOnce, async (aws, ids) => {
  const found = await volumes(aws, [{ Name: 'volume-id', Values: [...ids] }]);
  return new Map(found.map((one) => [one.VolumeId ?? '', one]));
});

async function networkInterfaces(aws: Aws, Filters: Filter[]): Promise<NetworkInterface[]> {
  const found: NetworkInterface[] = [];
  const pages = paginateDescribeNetworkInterfaces({ client: aws.ec2 }, { Filters });
  for await (const { NetworkInterfaces = [] } of pages) found.push(...NetworkInterfaces);
  return found;
}

const describeInterface = together(filteredAtOnce, async (aws, ids) => {
  const found = await networkInterfaces(aws, [{ Name: 'network-interface-id', Values: [...ids] }]);
  return new Map(found.map((one) => [one.NetworkInterfaceId ?? '', one]));
});

function whyItStays(aws: Aws, id: string, tags: Readonly<Record<string, string>>): string | undefined {
  return hasAllTags(tags)
    ? undefined
    : staysBecause(id, 'not the others that Loadwright gives', aws.settings.region);
}
