import { z } from 'zod';
import { identifier, sharedFields, withSharedRules } from '../aws/options.js';
import { takenPorts } from './machine/user-data.js';

/** Options of {@link ec2Fleet}. Each is optional but the region, which may also come from a variable. */
export const ec2FleetOptionsSchema = withSharedRules(
  z.strictObject({
    region: sharedFields.region,
    profile: sharedFields.profile,
    instanceType: z
      .string()
      .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'must be an instance type such as c7i.4xlarge')
      .default('c7i.4xlarge')
      .describe(
        'Type of the machine; Graviton types too. It runs one worker a vCPU unless workers says otherwise.',
      ),
    volumeGigabytes: z
      .int()
      .min(10)
      .max(16_384)
      .default(100)
      .describe('Size of the root volume (gp3, encrypted, removed with the machine), in GB.'),
    image: identifier('ami')
      .optional()
      .describe('Id of an Ubuntu image; the newest Ubuntu 24.04 of Canonical by default.'),
    containerImage: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._/-]*(:\d{1,5}\/[a-z0-9._/-]+)?(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
        'must be the name of an image such as locustio/locust:2.47.0@sha256:…, without a user or password',
      )
      .optional()
      .describe(
        'Image of Locust that master and workers run in, by its digest or from a registry of yours that needs no login; by default locustio/locust with the tag of the version that is tested.',
      ),
    subnet: identifier('subnet')
      .optional()
      .describe('Id of the subnet; one of the default VPC whose zone offers the type by default.'),
    securityGroup: identifier('sg')
      .optional()
      .describe('Id of a security group of yours, used as it is; one of its own by default.'),
    instanceProfile: z
      .string()
      .regex(/^[\w+=,.@-]{1,128}$/, 'must be the name of an instance profile')
      .optional()
      .describe(
        'Name of an instance profile of yours, used as it is; one of its own by default. Its role must allow what the machine does, see the permissions.',
      ),
    permissionsBoundary: sharedFields.permissionsBoundary,
    owner: sharedFields.owner,
    keyPair: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe(
        'Name of a key pair. No port is opened for it; by default there is none, and Session Manager is the way in.',
      ),
    access: sharedFields.access,
    allowedAddresses: sharedFields.allowedAddresses,
    uiPort: z
      .int()
      .min(1)
      .max(65_535)
      .refine(
        (port) => !takenPorts.includes(port),
        `must be none of ${takenPorts.join(' and ')}: the machine needs them itself`,
      )
      .optional()
      .describe('Port of the web UI on the machine; 443 by default with access https, otherwise 80.'),
    spot: z
      .boolean()
      .default(false)
      .describe('Use spare capacity: cheaper, and may be taken away in the middle of a test.'),
    tags: sharedFields.tags,
    timeToLive: sharedFields.timeToLive,
    endFromOutside: sharedFields.endFromOutside,
    forceTimeToLive: sharedFields.forceTimeToLive,
    startTimeout: sharedFields.startTimeout,
    stateDirectory: sharedFields.stateDirectory,
    endpoint: sharedFields.endpoint,
    environment: sharedFields.environment,
  }),
);

export type Ec2FleetOptions = z.input<typeof ec2FleetOptionsSchema>;
