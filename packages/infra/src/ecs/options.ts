import { z } from 'zod';
import { architectures } from '../aws/account/machine.js';
import { always, identifier, sharedFields, withSharedRules } from '../aws/options.js';
import { fargateVcpus } from './fargate/sizes.js';
import { takenPorts } from './ports.js';

const role = z.string().regex(/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of a role');

/** Days that CloudWatch knows: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentions = [1, 3, 5, 7, 14, 30, 60, 90] as const;

/** Options of {@link ecsFleet}. Each is optional but the region, which may also come from a variable. */
export const ecsFleetOptionsSchema = withSharedRules(
  z.strictObject({
    region: sharedFields.region,
    profile: sharedFields.profile,
    launchType: z
      .enum(['ec2', 'fargate'])
      .default('ec2')
      .describe(
        'What the containers run on: ec2, machines of the fleet; fargate, tasks that end themselves after timeToLive, without machines of yours.',
      ),
    workers: z
      .int()
      .min(1)
      .max(500)
      .default(4)
      .describe(
        'Machines (on Fargate tasks) that make load; the master has one more. Each runs one worker process a vCPU, unless the number of workers of the test says otherwise.',
      ),
    vcpus: z.literal(fargateVcpus).optional().describe('vCPUs of each task on Fargate: 2 by default.'),
    memoryGigabytes: z
      .union([z.literal(0.5), z.int().min(1).max(120)])
      .optional()
      .describe('Memory of each task on Fargate, in GiB; by default twice its vCPUs.'),
    cpuArchitecture: z
      .enum(architectures)
      .optional()
      .describe(
        'Processors of the tasks on Fargate: x86_64 by default; arm64 costs a fifth less. The container image must be there for it, which is looked at before anything is made.',
      ),
    assignPublicIp: z
      .boolean()
      .optional()
      .describe(
        'Whether tasks on Fargate have public addresses; by default where the subnets lead to an internet gateway. Without one access: http reaches the web UI at the private address.',
      ),
    instanceType: z
      .string()
      .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'must be an instance type such as c7i.large')
      .default('t3.large')
      .describe(
        'Type of all machines; Graviton types too. t3.large slows down or costs more at full load: for measurements take c7i.large or a larger one.',
      ),
    volumeGigabytes: z
      .int()
      .min(30)
      .max(16_384)
      .default(30)
      .describe('Size of each root volume (gp3, encrypted, removed with its machine), in GB.'),
    image: identifier('ami')
      .optional()
      .describe('Id of a machine image for ECS; the newest one of Amazon Linux 2023 by default.'),
    containerImage: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._/-]*(:\d{1,5}\/[a-z0-9._/-]+)?(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
        'must be the name of an image such as locustio/locust:2.47.0@sha256:…, without a user or password',
      )
      .optional()
      .describe(
        'Image of Locust on which the bundle is laid, by its digest or from a registry of yours; by default locustio/locust with the tag of the version that is tested.',
      ),
    cluster: z
      .string()
      .regex(/^[a-zA-Z][\w-]{0,254}$/, 'must be the name of a cluster')
      .optional()
      .describe('Name of a cluster of yours, used as it is; one of its own by default.'),
    repository: z
      .string()
      .regex(
        /^[a-z0-9]+([._/-][a-z0-9]+)*$/,
        'must be the name of an ECR repository, in lower case, such as team/load',
      )
      .min(2)
      .max(256)
      .optional()
      .describe(
        'Name of an ECR repository of yours; by default loadwright, which all fleets share, and which is made where it is missing.',
      ),
    vpc: identifier('vpc').optional().describe('Id of the VPC; the default one by default.'),
    subnets: z
      .array(identifier('subnet'))
      .min(1)
      .max(16)
      .optional()
      .describe(
        'Ids of subnets of one VPC, in the order in which they are tried; all of the VPC whose zone offers the type by default.',
      ),
    securityGroup: identifier('sg')
      .optional()
      .describe(
        'Id of a security group of yours, used as it is: it must let machines of the group reach each other at port 5557. One of its own by default.',
      ),
    instanceProfile: z
      .string()
      .regex(/^[\w+=,.@-]{1,128}$/, 'must be the name of an instance profile')
      .optional()
      .describe(
        'Name of an instance profile of yours for the machines, used as it is; one of its own by default. Its role must allow what the agent of ECS does, see the permissions.',
      ),
    taskRole: role
      .optional()
      .describe(
        'ARN of a role of yours for the workers, used as it is; by default one of its own, if the target needs permissions.',
      ),
    executionRole: role
      .optional()
      .describe('ARN of a role of yours that may read the secrets of the fleet; one of its own by default.'),
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
    access: sharedFields.access.describe(
      'How the web UI is reached: session-manager, through a port forward with no port open; https, at the public address, with a certificate that the machine of the master makes and only that is taken, not on Fargate; http, there too, readable on the way. By default session-manager where the AWS CLI and its plugin are on this machine and you may open sessions, otherwise https.',
    ),
    allowedAddresses: sharedFields.allowedAddresses,
    uiPort: z
      .int()
      .min(1)
      .max(65_535)
      .refine(
        (port) => !takenPorts.includes(port),
        `must be none of ${takenPorts.join(', ')}: the machine needs them itself`,
      )
      .default(8089)
      .describe('Port of the web UI on the machine of the master.'),
    spot: z
      .boolean()
      .default(false)
      .describe(
        'Use spare capacity for the workers: cheaper, and may be taken away in the middle of a test. The master never does.',
      ),
    logRetentionDays: z
      .literal(retentions)
      .default(7)
      .describe('How long CloudWatch would keep the logs of a fleet that nobody removes, in days.'),
    tags: sharedFields.tags,
    timeToLive: sharedFields.timeToLive,
    endFromOutside: sharedFields.endFromOutside,
    forceTimeToLive: sharedFields.forceTimeToLive,
    startTimeout: sharedFields.startTimeout,
    stateDirectory: sharedFields.stateDirectory,
    endpoint: sharedFields.endpoint,
    environment: sharedFields.environment,
  }),
).refine(({ vpc, subnets }) => vpc === undefined || subnets === undefined, {
  path: ['vpc'],
  error: 'has no meaning beside subnets, whose VPC it is',
  when: always,
});

export type EcsFleetOptions = z.input<typeof ecsFleetOptionsSchema>;
