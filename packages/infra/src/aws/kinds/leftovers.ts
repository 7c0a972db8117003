import {
  DeleteNetworkInterfaceCommand,
  DeleteVolumeCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  paginateDescribeNetworkInterfaces,
  paginateDescribeVolumes,
  type NetworkInterface,
  type Volume,
} from '@aws-sdk/client-ec2';
import type { Aws } from '../clients.js';
import type { Kind } from '../kind.js';
import { hasAllTags, staysBecause } from '../fleet-identity.js';
import { unlessAbsent } from '../service-error.js';
import { ec2Filters } from './filters.js';
import { removeWhenFree } from './remove-when-free.js';
import { taggedResource } from './tagged.js';

/** The volume of a machine. It is removed with it; one that is not, because the launch broke off, is found by its tags. */
export const volume: Kind = {
  name: 'volume',

  async find(aws, scope) {
    const found: Volume[] = [];
    const pages = paginateDescribeVolumes({ client: aws.ec2 }, { Filters: ec2Filters(scope) });
    for await (const { Volumes = [] } of pages) found.push(...Volumes);
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
    return (await unlessAbsent(aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] })))) !== undefined;
  },

  async destroy(aws, id) {
    await removeWhenFree(aws, `volume ${id}`, () => aws.ec2.send(new DeleteVolumeCommand({ VolumeId: id })));
  },
};

/** The network interface of a machine, in the same way. */
export const networkInterface: Kind = {
  name: 'network interface',

  async find(aws, scope) {
    const found: NetworkInterface[] = [];
    const pages = paginateDescribeNetworkInterfaces({ client: aws.ec2 }, { Filters: ec2Filters(scope) });
    for await (const { NetworkInterfaces = [] } of pages) found.push(...NetworkInterfaces);
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
    const call = aws.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] }));
    return (await unlessAbsent(call)) !== undefined;
  },

  async destroy(aws, id) {
    await removeWhenFree(aws, `network interface ${id}`, () =>
      aws.ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id })),
    );
  },
};

function whyItStays(aws: Aws, id: string, tags: Readonly<Record<string, string>>): string | undefined {
  return hasAllTags(tags)
    ? undefined
    : staysBecause(id, 'not the others that Loadwright gives', aws.settings.region);
}
