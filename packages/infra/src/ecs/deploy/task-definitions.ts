import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { Architecture } from '../../aws/account/machine.js';
import type { TaskDefinitionParameters } from '../../aws/kinds/task-definition.js';
import { memoryFolder, tlsOptions } from '../../aws/machine/certificate.js';
import { bundleFolder } from '../../image/layer.js';
import { masterPort } from '../ports.js';

/** A machine for each task, of which the containers share the network. */
interface MachinePlace {
  readonly memoryMebibytes: number;
}

/** A task on Fargate, with an address of its own. */
interface FargatePlace {
  readonly vcpus: number;
  readonly memoryGigabytes: number;
  readonly cpuArchitecture: Architecture;
  /** When the task ends itself. */
  readonly expiresAt: Date;
}

/** What both roles of a fleet run with. */
export interface TaskWish {
  /** By its digest: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/loadwright@sha256:…` */
  readonly image: string;
  readonly region: string;
  readonly logGroup: string;
  readonly executionRoleArn: string;
  readonly on: MachinePlace | FargatePlace;
  /** ARNs of parameters by the name of the variable that holds their value. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What a machine registers is less than it has; the rest is the agent's and the kernel's. */
const usablePart = 0.8;

/** A load generator holds a connection for each user, and more. */
const openFiles = 1_048_576;

/** Lines that wait while CloudWatch does not take them; then they are lost, and the load goes on. */
const logBuffer = '16m';

/** Between SIGTERM and SIGKILL, in seconds: the default of ECS. */
export const stopSeconds = 30;

/** What a worker that is to end gives requests on their way (`ending.py`); it has the rest to hand its figures over. */
const leaveSeconds = stopSeconds - 5;

/** The master and its web UI. */
export function masterTask(
  wish: TaskWish,
  {
    uiPort,
    taskRoleArn,
    isEncrypted = false,
  }: {
    readonly uiPort: number;
    readonly taskRoleArn?: string | undefined;
    /** Has its machine made a certificate for the web UI? */
    readonly isEncrypted?: boolean;
  },
): TaskDefinitionParameters {
  const definition = task(wish, 'master', {
    command: [
      ...['-f', `/${bundleFolder}/locustfile.py`, '--master', '--exit-code-on-error', '0'],
      ...(isEncrypted ? tlsOptions : []),
      ...['--web-login', '--web-port', String(uiPort), '--csv', '/tmp/locust', '--csv-full-history'],
    ],
    // ECS then places it on no machine where others have them.
    portMappings: [uiPort, masterPort].map((port) => ({
      containerPort: port,
      hostPort: port,
      protocol: 'tcp',
    })),
    ...(isEncrypted && {
      mountPoints: [{ sourceVolume: 'certificate', containerPath: memoryFolder, readOnly: true }],
    }),
  });
  return {
    ...definition,
    ...(taskRoleArn !== undefined && { taskRoleArn }),
    ...(isEncrypted && { volumes: [{ name: 'certificate', host: { sourcePath: memoryFolder } }] }),
  };
}

/** The workers of one machine. */
export function workerTask(
  wish: TaskWish,
  worker: {
    /** Undefined: the variable LOCUST_MASTER_NODE_HOST says it when the task is started. */
    readonly masterHost: string | undefined;
    readonly processes: number;
    /** Of the target's permissions; undefined: it needs none. */
    readonly taskRoleArn: string | undefined;
  },
): TaskDefinitionParameters {
  const { masterHost, processes, taskRoleArn } = worker;
  return {
    ...task(wish, 'worker', {
      command: [
        ...['-f', `/${bundleFolder}/locustfile.py`, '--worker'],
        ...(masterHost === undefined ? [] : ['--master-host', masterHost]),
        ...['--master-port', String(masterPort)],
        ...(processes > 1 ? ['--processes', String(processes)] : []),
      ],
      environment: [
        { name: 'LOADWRIGHT_LEAVE_SECONDS', value: String(leaveSeconds) },
        ...(taskRoleArn === undefined ? [] : [{ name: 'LOADWRIGHT_ROLE_CREDENTIALS', value: '1' }]),
      ],
    }),
    ...(taskRoleArn !== undefined && { taskRoleArn }),
  };
}

function task(
  { image, region, logGroup, executionRoleArn, on, secrets }: TaskWish,
  role: 'master' | 'worker',
  own: Pick<ContainerDefinition, 'command' | 'portMappings' | 'environment' | 'mountPoints'>,
): TaskDefinitionParameters {
  return {
    ...('vcpus' in on ? sizeOf(on) : ofMachine),
    executionRoleArn,
    containerDefinitions: [
      {
        name: role,
        image,
        essential: true,
        stopTimeout: stopSeconds,
        // Of the task no CPU: on EC2 that is a limit, and a load generator takes what there is.
        ...('vcpus' in on ? ownNetwork(on) : { memory: Math.floor(on.memoryMebibytes * usablePart) }),
        ulimits: [{ name: 'nofile', softLimit: openFiles, hardLimit: openFiles }],
        secrets: Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': logGroup,
            'awslogs-region': region,
            'awslogs-stream-prefix': role,
            // A line that CloudWatch does not take must not stop the load.
            mode: 'non-blocking',
            'max-buffer-size': logBuffer,
          },
        },
        ...own,
      },
    ],
  };
}

const ofMachine: Partial<TaskDefinitionParameters> = {
  networkMode: 'host',
  requiresCompatibilities: ['EC2'],
};

/** As AWS calls them here. */
const platformNames = { x86_64: 'X86_64', arm64: 'ARM64' } as const satisfies Record<Architecture, string>;

function sizeOf({
  vcpus,
  memoryGigabytes,
  cpuArchitecture,
}: FargatePlace): Partial<TaskDefinitionParameters> {
  return {
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: String(vcpus * 1024),
    memory: String(memoryGigabytes * 1024),
    runtimePlatform: { cpuArchitecture: platformNames[cpuArchitecture], operatingSystemFamily: 'LINUX' },
  };
}

/**
 * Nothing but a call from outside ends a task on Fargate, and whoever would call may be gone: so `timeout` of the image ends it at
 * an absolute time, however late it started. It signals its whole group, and kills what has not ended half a minute later.
 */
const endInTime =
  'end=$1; shift; left=$((end - $(date +%s))); test "$left" -gt 0 && exec timeout --kill-after=30 "$left" locust "$@"';

/** Containers have the network of their task, in which its settings are theirs. */
function ownNetwork({ expiresAt }: FargatePlace) {
  return {
    entryPoint: ['sh', '-c', endInTime, 'loadwright', String(Math.ceil(expiresAt.getTime() / 1000))],
    systemControls: [
      // Where the master listens nobody of its task connects from.
      { namespace: 'net.ipv4.ip_local_port_range', value: '10000 65535' },
      { namespace: 'net.ipv4.ip_unprivileged_port_start', value: '0' },
    ],
  };
}
