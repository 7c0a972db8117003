import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { TaskDefinitionParameters } from '../../aws/kinds/task-definition.js';
import { bundleFolder } from '../../image/layer.js';
import { masterPort } from '../ports.js';

/** What both roles of a fleet run with. */
export interface TaskWish {
  /** By its digest: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/loadwright@sha256:…` */
  readonly image: string;
  readonly region: string;
  readonly logGroup: string;
  readonly executionRoleArn: string;
  /** Of one machine. */
  readonly memoryMebibytes: number;
  /** ARNs of parameters by the name of the variable that holds their value. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What a machine registers is less than it has; the rest is the agent's and the kernel's. */
const usablePart = 0.8;

/** A load generator holds a connection for each user, and more. */
const openFiles = 1_048_576;

/** Lines that wait while CloudWatch does not take them; then they are lost, and the load goes on. */
const logBuffer = '16m';

/** The master and its web UI. */
export function masterTask(
  wish: TaskWish,
  { uiPort }: { readonly uiPort: number },
): TaskDefinitionParameters {
  return task(wish, 'master', {
    command: [
      ...['-f', `/${bundleFolder}/locustfile.py`, '--master', '--exit-code-on-error', '0'],
      ...['--web-login', '--web-port', String(uiPort), '--csv', '/tmp/locust', '--csv-full-history'],
    ],
    // ECS then places it on no machine where others have them.
    portMappings: [uiPort, masterPort].map((port) => ({
      containerPort: port,
      hostPort: port,
      protocol: 'tcp',
    })),
  });
}

/** The workers of one machine. */
export function workerTask(
  wish: TaskWish,
  worker: {
    readonly masterHost: string;
    readonly processes: number;
    /** Of the target's permissions; undefined: it needs none. */
    readonly taskRoleArn: string | undefined;
  },
): TaskDefinitionParameters {
  const { masterHost, processes, taskRoleArn } = worker;
  return {
    ...task(wish, 'worker', {
      command: [
        ...['-f', `/${bundleFolder}/locustfile.py`, '--worker', '--master-host', masterHost],
        ...['--master-port', String(masterPort)],
        ...(processes > 1 ? ['--processes', String(processes)] : []),
      ],
      ...(taskRoleArn !== undefined && {
        environment: [{ name: 'LOADWRIGHT_ROLE_CREDENTIALS', value: '1' }],
      }),
    }),
    ...(taskRoleArn !== undefined && { taskRoleArn }),
  };
}

function task(
  { image, region, logGroup, executionRoleArn, memoryMebibytes, secrets }: TaskWish,
  role: 'master' | 'worker',
  own: Pick<ContainerDefinition, 'command' | 'portMappings' | 'environment'>,
): TaskDefinitionParameters {
  return {
    networkMode: 'host',
    requiresCompatibilities: ['EC2'],
    executionRoleArn,
    containerDefinitions: [
      {
        name: role,
        image,
        essential: true,
        // Of the task no CPU: on EC2 that is a limit, and a load generator takes what there is.
        memory: Math.floor(memoryMebibytes * usablePart),
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
