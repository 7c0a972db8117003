import type { Task } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { ecsFleetOptionsSchema } from '../options.js';
import { adviceOn, adviceOnPlacement } from './advice.js';

const other = /another fleet|could not start: read the reason/;

type Stopped = readonly [stopCode: Task['stopCode'], reason: string, says: RegExp, exitCode?: number];

/**
 * Every stop code, and the reasons with an example, of
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */
const stopped: readonly Stopped[] = [
  [
    'TaskFailedToStart',
    'CannotPullECRContainerError: AccessDeniedException: User is not authorized to perform: ecr:BatchGetImage',
    /may not be fetched: .*ecr:BatchGetImage/,
  ],
  [
    'TaskFailedToStart',
    'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref r: not found',
    /gone from the repository/,
  ],
  [
    'TaskFailedToStart',
    'CannotPullContainerError: Error response from daemon: manifest unknown: Requested image not found',
    /gone from the repository/,
  ],
  [
    'TaskFailedToStart',
    'CannotPullContainerError: image Manifest does not contain descriptor matching platform linux/amd64',
    /another processor/,
  ],
  [
    'TaskFailedToStart',
    'CannotPullContainerError: ref pull has been retried 5 time(s): dial tcp: i/o timeout',
    /subnet must lead to ECR and S3/,
  ],
  [
    'TaskFailedToStart',
    'CannotPullContainerError: request canceled while waiting for connection',
    /subnet must lead to ECR and S3/,
  ],
  [
    'TaskFailedToStart',
    'CannotPullContainerError: write /var/lib/docker: no space left on device',
    /volumeGigabytes/,
  ],
  [
    'TaskFailedToStart',
    'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit',
    /containerImage to a copy of it in ECR/,
  ],
  [
    'TaskFailedToStart',
    'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: AccessDeniedException',
    /executionRole must allow ssm:GetParameters/,
  ],
  [
    'TaskFailedToStart',
    'ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: invalid ssm parameters: /loadwright/x',
    /secrets are gone/,
  ],
  [
    'TaskFailedToStart',
    'ResourceInitializationError: unable to pull secrets or registry auth: unable to get registry auth from ECR: RequestError: send request failed: i/o timeout',
    /subnet must lead to/,
  ],
  [
    'TaskFailedToStart',
    'ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: context deadline exceeded',
    /subnet must lead to/,
  ],
  [
    'TaskFailedToStart',
    'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException',
    /logs:CreateLogStream/,
  ],
  [
    'TaskFailedToStart',
    'CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist',
    /log group of the fleet, which must still exist/,
  ],
  [
    'TaskFailedToStart',
    'CannotStartContainerError: Error response from daemon: OCI runtime create failed: exec: "sh": not found',
    /Docker could not start/,
  ],
  [
    'TaskFailedToStart',
    'ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m: Docker error',
    /Docker could not start/,
  ],
  ['TaskFailedToStart', 'CannotCreateVolumeError: failed to create volume', /Docker could not start/],
  ['TaskFailedToStart', 'InternalError: unexpected', /Docker could not start/],
  [
    'TaskFailedToStart',
    "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/x' that was provided for this task",
    /trust policy lacks ecs-tasks/,
  ],
  [
    'TaskFailedToStart',
    'Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled',
    /got no address/,
  ],
  ['TaskFailedToStart', 'Task failed to start', other],
  ['EssentialContainerExited', 'Essential container in task exited', /too little memory/, 137],
  ['EssentialContainerExited', 'OutOfMemoryError: Container killed due to memory usage', /too little memory/],
  ['EssentialContainerExited', 'Essential container in task exited', /reached the timeToLive/, 124],
  ['EssentialContainerExited', 'Essential container in task exited', /last lines of its log/, 1],
  ['UserInitiated', 'Task stopped by user', /by hand/],
  [
    'ServiceSchedulerInitiated',
    'Scaling activity initiated by (deployment ecs-svc/1)',
    /service was changed/,
  ],
  ['SpotInterruption', 'Your Spot Task was interrupted.', /leave spot out/],
  ['SpotInterruption', 'Spot instance interruption.', /leave spot out/],
  ['TerminationNotice', 'Host EC2 (instance i-0123456789abcdef0) terminated.', /machine ended/],
  ['TerminationNotice', 'Host EC2 (instance i-0123456789abcdef0) deregistered.', /machine ended/],
  ['InfrastructureHealth', 'Amazon ECS is stopping this task for maintenance', /had to be replaced/],
  [
    undefined,
    'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    /no place for the task/,
  ],
];

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html, and the events of services. */
const placement: readonly (readonly [said: string, says: RegExp])[] = [
  ['RESOURCE:MEMORY', /less free memory/],
  [
    '(service s) was unable to place a task. The closest matching (container-instance x) has insufficient memory available.',
    /less free memory/,
  ],
  ['RESOURCE:CPU', /fewer free CPU units/],
  [
    'The closest matching (container-instance x) has insufficient CPU units available.',
    /fewer free CPU units/,
  ],
  ['RESOURCE:PORTS', /another uiPort/],
  [
    'The closest matching (container-instance x) is already using a port required by your task.',
    /another uiPort/,
  ],
  ['AGENT', /has lost ECS/],
  ['The closest matching (container-instance x) has the agent disconnected.', /has lost ECS/],
  ['ATTRIBUTE', /attribute of this fleet/],
  [
    'The closest matching container-instance x is missing an attribute required by your task.',
    /attribute of this fleet/,
  ],
  ['MemberOf placement constraint unsatisfied.', /attribute of this fleet/],
  ['INACTIVE', /was removed/],
  ['MISSING', /does not know the container instance/],
  ['RESOURCE:FARGATE', /no place for the task/],
  ['Capacity is unavailable at this time.', /no place for the task/],
  ['(service s) operations are being throttled. Will try again later.', /throttles this account/],
  ['(service s) is unable to consistently start tasks successfully.', /soon after their start/],
  ['No Container Instances were found in your cluster.', /No machine of that role/],
];

const task = (stopCode: Task['stopCode'], stoppedReason: string, exitCode?: number): Task => ({
  stopCode,
  stoppedReason,
  containers: exitCode === undefined ? [] : [{ name: 'worker', exitCode }],
});

describe('a reason that ECS gives', () => {
  it.each(stopped.map((one) => ({ one, title: `${one[0]}, ${one[1]}, ${one[3]}` })))(
    'has a remedy of its own as the end of a task: $title',
    ({ one: [stopCode, reason, says, exitCode] }) => {
      expect(adviceOn([task(stopCode, reason, exitCode)])).toMatch(says);
      // ECS says some of them of the container instead.
      const ofContainer: Task = { stopCode, stoppedReason: '', containers: [{ reason, exitCode }] };
      expect(adviceOn([ofContainer])).toMatch(says);
    },
  );

  it.each(placement)('has a remedy of its own where no place is found: %s', (said, says) => {
    expect(adviceOnPlacement(`(service s) has started 1 tasks.\n${said}`)).toMatch(says);
  });

  it('has none where it tells nothing', () => {
    expect(adviceOn([task(undefined, '')])).toBeUndefined();
    expect(adviceOnPlacement('(service s) has reached a steady state.')).toBeUndefined();
  });

  it('is answered with options that there are', () => {
    const advice = [
      ...stopped.map(([stopCode, reason, , exitCode]) => adviceOn([task(stopCode, reason, exitCode)])),
      ...placement.map(([said]) => adviceOnPlacement(said)),
    ].join('\n');
    const named = [...advice.matchAll(/\b[a-z]+[A-Z]\w+\b/g)].map(([name]) => name);
    const options = Object.keys(ecsFleetOptionsSchema.shape);
    // Names of actions and of variables are no options.
    const actions = /^(GetParameters|GetAuthorizationToken)$/;
    expect([...new Set(named)].filter((name) => !actions.test(name) && !options.includes(name))).toEqual([]);
  });
});
