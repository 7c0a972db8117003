/** What ECS keeps, as the stand-in keeps it. */

/** moto's account. */
export const accountId = '123456789012';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface Cluster {
  readonly name: string;
  readonly arn: string;
  tags: Tag[];
  status: 'ACTIVE' | 'INACTIVE';
  readonly capacityProviders: readonly string[];
}

export interface ContainerInstance {
  readonly arn: string;
  readonly id: string;
  readonly cluster: string;
  readonly machineId: string;
  /** The loopback address of the machine. */
  readonly address: string;
  /** Of the machine, for the agent's permissions. */
  readonly instanceProfile: string | undefined;
  readonly attributes: ReadonlyMap<string, string | undefined>;
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  readonly tags: Tag[];
  readonly registeredAt: number;
  agentConnected: boolean;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  /** Looks after which it is seen, or, once it has ended, no longer seen. */
  looksLeft: number;
  /** The machine has ended: it goes when the looks are over. */
  hasEnded: boolean;
}

/** As registered: only what the stand-in reads is named. */
export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly entryPoint?: readonly string[];
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly cpu?: number;
  readonly memory?: number;
  readonly memoryReservation?: number;
  readonly essential?: boolean;
  readonly portMappings?: readonly { readonly containerPort?: number; readonly hostPort?: number }[];
  readonly stopTimeout?: number;
  readonly logConfiguration?: {
    readonly logDriver: string;
    readonly options?: Readonly<Record<string, string>>;
  };
}

export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly registeredAt: number;
  readonly networkMode: string;
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
  readonly cpu?: string;
  readonly memory?: string;
  /** All that was given. */
  readonly input: Readonly<Record<string, unknown>>;
  tags: Tag[];
  status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
}

export interface PlacementConstraint {
  readonly type: string;
  readonly expression?: string;
}

export interface Deployment {
  readonly id: string;
  readonly taskDefinition: string;
  readonly createdAt: number;
  failedTasks: number;
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  rolloutStateReason: string;
}

export interface Service {
  readonly arn: string;
  readonly name: string;
  readonly cluster: string;
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON';
  readonly createdAt: number;
  placementConstraints: readonly PlacementConstraint[];
  desiredCount: number;
  taskDefinition: string;
  hasCircuitBreaker: boolean;
  tags: Tag[];
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  deployments: Deployment[];
  /** The newest first. */
  events: { readonly id: string; readonly createdAt: number; readonly message: string }[];
  /** All that was given. */
  readonly input: Readonly<Record<string, unknown>>;
}

export type StopCode =
  | 'TaskFailedToStart'
  | 'EssentialContainerExited'
  | 'UserInitiated'
  | 'ServiceSchedulerInitiated'
  | 'SpotInterruption'
  | 'TerminationNotice';

export interface Task {
  readonly arn: string;
  readonly id: string;
  readonly cluster: string;
  readonly definition: TaskDefinition;
  /** Undefined: on Fargate. */
  readonly instance: ContainerInstance | undefined;
  readonly address: string;
  readonly group: string;
  readonly startedBy: string;
  /** Environment and commands that RunTask changes, by container. */
  readonly overrides: readonly ContainerOverride[];
  readonly createdAt: number;
  readonly launchType: 'EC2' | 'FARGATE';
  /** On Fargate. */
  readonly network?: TaskNetwork;
  /** `FARGATE_SPOT`, if it was asked for. */
  readonly capacityProvider?: string;
  tags: Tag[];
  lastStatus: 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'STOPPING' | 'STOPPED';
  desiredStatus: 'RUNNING' | 'STOPPED';
  startedAt?: number;
  stoppedAt?: number;
  stopCode?: StopCode;
  stoppedReason?: string;
  /** By the name of a container. */
  readonly exits: Map<string, { readonly exitCode?: number; readonly reason?: string }>;
  /** Ends its containers. */
  end?: () => Promise<void>;
}

/** What a task on Fargate is connected to. */
export interface TaskNetwork {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: 'ENABLED' | 'DISABLED';
}

export interface ContainerOverride {
  readonly name?: string;
  readonly command?: readonly string[];
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
}

/** Times are seconds since 1970 in the JSON of AWS. */
export const now = () => Date.now() / 1000;
