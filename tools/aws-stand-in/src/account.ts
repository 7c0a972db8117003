import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { FargateLimits } from './ecs/actions/actions.js';
import { idleContainers, type ContainerRuntime } from './ecs/runtime.js';
import type { Machine } from './machine.js';
import type { Moto } from './moto.js';
import type { RoleKeys } from './real-machine/metadata-service.js';

/** One row of the price list. */
export interface InstancePrice {
  /** What the filters of GetProducts look at, `productFamily` among them. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly unit: string;
  /** US dollars for one unit, as AWS writes them: `0.7140000000`. */
  readonly dollars: string;
}

/** A server that plays an endpoint of SageMaker, with its scaling and its metrics: the emulator of that target. */
export interface PlayedEndpoint {
  readonly url: string;
  /** The only keys that it knows. */
  readonly keys: RoleKeys;
}

/** What the account is like, and how AWS behaves. A test gives what differs from {@link ordinary}. */
export interface Behaviour {
  /** Added to every call, in milliseconds. */
  latency: number;
  /** Descriptions in which a new machine is still `pending`. */
  pendingLooks: number;
  /** Descriptions, and attempts to delete its security group, in which a terminated machine is `shutting-down`. */
  stoppingLooks: number;
  /** How often RunInstances does not know a new instance profile yet. */
  profileRefusals: number;
  /** In how many looks a new resource is not there yet. */
  hiddenLooks: number;
  /** The address that `/checkip` sees. */
  callerAddress: string;
  /** vCPUs: L-1216C47A and L-34B43A08. RunInstances refuses what exceeds them. */
  quotas: { onDemand: number; spot: number };
  /** Tasks that Fargate has places for, and its own quotas of vCPUs: L-3032A538 and L-36FBB829. */
  fargate: FargateLimits;
  /** What pricing:GetProducts knows. */
  prices: readonly InstancePrice[];
  /** The default VPC: with a way out through an internet gateway or a NAT gateway, without one, or none at all. */
  network: 'routed' | 'nat' | 'no-route' | 'none';
  /** How far AWS's clock is ahead, in seconds. */
  clockOffset: number;
  /** Names of buckets that other accounts have. */
  foreignBuckets: readonly string[];
  /** Called in RunInstances for each machine; awaited before it answers. */
  onMachine: (machine: Machine) => unknown;
  /** Called in TerminateInstances. */
  onMachineGone: (id: string) => unknown;
  /** What `GetConsoleOutput` shows of a machine. */
  consoleOutput: (id: string) => string;
  /** Looks at a cluster in which a container instance that has registered is not seen, or one that has ended still is. */
  registrationLooks: number;
  /** Whether public parameters name the newest images; in a new region they may not. */
  namesImages: boolean;
  /** What the kernel and the agent of ECS have for themselves, of a machine's memory: 0.1. */
  systemMemory: number;
  /** How many of a list are on a page of ECS and ECR. */
  pageSize: number;
  /** How many events are at most on a page of FilterLogEvents; on AWS 10,000, or 1 MB. */
  logPageSize: number;
  /** By how much later than others CloudWatch shows some of the events that it was given, in milliseconds. */
  logLateness: number;
  /** Whether ECS and CloudWatch Logs keep to the rates of calls that AWS documents. */
  throttles: boolean;
  /** What the tasks of ECS run in. */
  containers: ContainerRuntime;
  /** The endpoint of SageMaker that the account has; undefined: none. */
  endpoint: PlayedEndpoint | undefined;
}

export const ordinary: Behaviour = {
  latency: 0,
  pendingLooks: 1,
  stoppingLooks: 1,
  profileRefusals: 1,
  hiddenLooks: 0,
  callerAddress: '203.0.113.7',
  quotas: { onDemand: 256, spot: 256 },
  fargate: { places: 200, onDemand: 256, spot: 256 },
  prices: [],
  network: 'routed',
  clockOffset: 0,
  foreignBuckets: [],
  onMachine: () => {},
  onMachineGone: () => {},
  consoleOutput: () => '',
  registrationLooks: 1,
  namesImages: true,
  systemMemory: 0.1,
  pageSize: 100,
  logPageSize: 10_000,
  logLateness: 0,
  throttles: false,
  containers: idleContainers,
  endpoint: undefined,
};

/** Clients that talk to moto itself: neither logged nor disturbed. For what a test brings, and what it checks. */
export interface DirectClients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
  readonly scheduler: SchedulerClient;
  readonly ssm: SSMClient;
}

export function directClients(url: string, region: string): DirectClients {
  const common = { endpoint: url, region, credentials: { accessKeyId: 'direct', secretAccessKey: 'direct' } };
  return {
    ec2: new EC2Client(common),
    iam: new IAMClient(common),
    logs: new CloudWatchLogsClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
    scheduler: new SchedulerClient(common),
    ssm: new SSMClient(common),
  };
}

/** What the layers share. */
export interface Account {
  readonly moto: Moto;
  readonly direct: DirectClients;
  readonly region: string;
  readonly behaviour: Behaviour;
}
