import type { Task } from '@aws-sdk/client-ecs';

/** What ECS says, and what to do about it. The first row that fits counts: the more special ones come first. */
type Advice = readonly (readonly [said: RegExp, remedy: string])[];

/**
 * Why a task ended or could not start. Its `stopCode`, `stoppedReason`, and the reasons and exit codes of its containers are
 * tested together: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */
const onTasks: Advice = [
  [
    /no matching manifest|descriptor matching platform|exec format error/i,
    'The image is for another processor than the machines have: choose an instanceType of its architecture, or another containerImage.',
  ],
  [
    /CannotPull\w*Error.*(AccessDenied|not authorized|403 Forbidden|no basic auth)/is,
    'The image may not be fetched: the role in instanceProfile (on Fargate executionRole) must allow ecr:GetAuthorizationToken, and ecr:BatchCheckLayerAvailability, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository. Leave the option out for a role that does.',
  ],
  [
    /CannotPull\w*Error.*(not found|manifest unknown|does not exist|ImageNotFound)/is,
    'The image is gone from the repository: a lifecycle rule or somebody removed it. Remove the fleet, then deploy another one, which sends it again.',
  ],
  [
    /CannotPull\w*Error.*no space left/is,
    'The disk is too small for the image: set a larger volumeGigabytes.',
  ],
  [
    /CannotPull\w*Error.*(toomanyrequests|pull rate limit)/is,
    'The registry limits how often images are fetched: try again later, or set containerImage to a copy of it in ECR.',
  ],
  [
    /CannotPull\w*Error|registry auth.*(timeout|i\/o|deadline|RequestError)/is,
    'The registry cannot be reached: the subnet must lead to ECR and S3, through an internet gateway with a public address, a NAT gateway, or VPC endpoints.',
  ],
  [
    /(ResourceInitializationError|CannotStartContainerError|logging driver).*(log stream|log group|cloudwatch|logger|logging driver)/is,
    'The logs cannot be written: the role in instanceProfile (on Fargate executionRole) must allow logs:CreateLogStream and logs:PutLogEvents on the log group of the fleet, which must still exist, and the subnet must lead to CloudWatch.',
  ],
  [
    /ResourceInitializationError.*(AccessDenied|not authorized|no execution role|unable to retrieve secrets? .*role)/is,
    'The secrets may not be read: executionRole must allow ssm:GetParameters on the parameters of the fleet. Leave the option out for a role that does.',
  ],
  [
    /ResourceInitializationError.*invalid ssm parameters/is,
    'The secrets are gone from the Parameter Store: part of the fleet was removed. Remove the rest, then deploy another one.',
  ],
  [
    /ResourceInitializationError|unable to pull secrets/i,
    'The secrets cannot be reached: the subnet must lead to the Parameter Store, through an internet gateway with a public address, a NAT gateway, or VPC endpoints.',
  ],
  [
    /OutOfMemory|exit code 137/i,
    'A container had too little memory: choose a larger instanceType (on Fargate more memoryGigabytes), fewer workers a machine, or fewer payloads.',
  ],
  [
    /unable to assume the role|ECS was unable to assume/i,
    'AWS does not know the role of the task yet, or its trust policy lacks ecs-tasks.amazonaws.com: correct the policy, or try again.',
  ],
  [
    /(CannotCreateVolume|CannotInspect|CannotStop|CannotStartContainer|ContainerRuntime(Timeout)?|DockerTimeout|Internal)Error/,
    'Docker could not start the container: read the reason. Try again; if it happens again, look at /var/log/ecs/ecs-agent.log through Session Manager.',
  ],
  [
    /TaskFailedToStart.*(network interface|ENI)|Unexpected EC2 error/is,
    'The task got no address: its subnet has none left, or a quota of network interfaces is used up. Name other subnets.',
  ],
  [
    /capacity is unavailable|RESOURCE:/i,
    'AWS has no place for the task now: try again later, name subnets in more zones, or leave spot out.',
  ],
  [
    /SpotInterruption|Spot (task|instance|capacity)/i,
    'AWS has taken spare capacity back, which it may at any time: leave spot out for tests that count.',
  ],
  [
    /TerminationNotice|Host EC2 .*(terminated|stopped|deregistered)/is,
    'Its machine ended, or was removed from the cluster: at the end of timeToLive, for lack of a heartbeat, or by somebody. See the machines, and deploy another fleet.',
  ],
  [
    /InfrastructureHealth/,
    'AWS ended the task because what it ran on had to be replaced. Deploy another fleet, and repeat the test.',
  ],
  [
    /UserInitiated/,
    'Somebody ended the task by hand, or a program of the account did. Deploy another fleet, and repeat the test.',
  ],
  [
    /ServiceSchedulerInitiated/,
    'ECS ended the task because its service was changed, scaled, or removed. If that was not you: see the events of the service in CloudTrail; deploy another fleet.',
  ],
  [
    /exit code 124/,
    'The task has reached the timeToLive of its fleet, and ended itself: set a longer one, and deploy another fleet.',
  ],
  [
    /Essential ?container.*exited|EssentialContainerExited/is,
    'Locust ended by itself: the last lines of its log say why. Read them with the command logs.',
  ],
  [/TaskFailedToStart/, 'The task could not start: read the reason, and try again.'],
];

/**
 * Why a service or RunTask found no place for a task:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html and
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
 */
const onPlacement: Advice = [
  [
    /insufficient memory|RESOURCE:MEMORY/i,
    'The machines have less free memory than their tasks ask for: choose a larger instanceType, or a cluster in which nothing else runs on them.',
  ],
  [
    /insufficient CPU|RESOURCE:CPU/i,
    'The machines have fewer free CPU units than their tasks ask for: choose a larger instanceType, or a cluster in which nothing else runs on them.',
  ],
  [
    /using a port required|RESOURCE:PORTS/i,
    'Another task holds the ports: use a cluster of its own, or another uiPort.',
  ],
  [
    /agent (is )?disconnected|\bAGENT\b/,
    'The agent of the machine has lost ECS: look at /var/log/ecs/ecs-agent.log through Session Manager, and at the route of its subnet; or deploy another fleet.',
  ],
  [
    /missing an attribute|\bATTRIBUTE\b|MemberOf placement constraint/i,
    'No machine has the attribute of this fleet and role: somebody changed the attributes of the container instances, or the machine of that role has not registered. See the machines.',
  ],
  [
    /\bINACTIVE\b|ClusterNotFound/,
    'The cluster or the container instance was removed: remove the rest of the fleet, then deploy another one.',
  ],
  [
    /\bMISSING\b/,
    'ECS does not know the container instance any more: its machine ended. Remove the fleet, then deploy another one.',
  ],
  [
    /capacity is unavailable|RESOURCE:/i,
    'AWS has no place for the task now: try again later, or name subnets in more zones.',
  ],
  [
    /throttled|rate exceeded/i,
    'ECS throttles this account: other programs of it call too often. ECS tries again by itself.',
  ],
  [
    /unable to consistently start tasks/i,
    'Tasks end soon after their start: see those that have stopped, and the last lines of the log.',
  ],
  [/No Container Instances were found/i, 'No machine of that role has registered yet: see the machines.'],
];

/** The remedy for the first of some tasks that ended that has one. */
export function adviceOn(tasks: readonly Task[]): string | undefined {
  for (const { stoppedReason = '', stopCode = '', containers = [] } of tasks) {
    const codes = containers.map(({ reason = '', exitCode }) => `${reason} exit code ${exitCode}`).join(' ');
    const found = remedyOf(onTasks, `${stopCode} ${stoppedReason} ${codes}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The remedy for what the events of a service, or the failures of RunTask, say; undefined: they say nothing that is known. */
export function adviceOnPlacement(said: string): string | undefined {
  return remedyOf(onPlacement, said);
}

function remedyOf(advice: Advice, said: string): string | undefined {
  return advice.find(([pattern]) => pattern.test(said))?.[1];
}
