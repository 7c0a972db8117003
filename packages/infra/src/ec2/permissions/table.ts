import type { Place } from '../../aws/permissions/place.js';
import { arnOf } from '../../aws/permissions/arn.js';
import { kindPrefix } from '../../aws/fleet-identity.js';
import { machineRows } from '../../aws/permissions/machine-rows.js';

export { makesRoles, type MachineWishes } from '../../aws/permissions/machine-rows.js';

const ofS3 = ({ fleetKind, region }: Place) => [
  arnOf('s3', region, `${kindPrefix(fleetKind)}*`, { inRegion: false }),
];

/** Every permission of fleets on EC2. */
export const permissions = machineRows({
  lookAround: ['s3:ListAllMyBuckets'],
  image: [
    {
      id: 'FindUbuntu',
      actions: ['ssm:GetParameters'],
      resources: ({ region }) => [arnOf('ssm', region, 'parameter/aws/service/canonical/*')],
      why: 'find the newest image of Ubuntu',
      when: ({ image }) => image === undefined,
    },
  ],
  others: [
    {
      id: 'HaveBucket',
      actions: [
        's3:CreateBucket',
        's3:DeleteBucket',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:ListBucket',
        's3:ListBucketVersions',
        's3:PutBucketTagging',
        's3:PutObject',
      ],
      // The objects of those buckets too: their ARNs begin with that of the bucket.
      resources: ofS3,
      why: 'make a bucket for the bundle, hand it to the machine, and remove both',
    },
  ],
});
