import { isLoadwrightError } from '@loadwright/core/fleet';
import { expect, it } from 'vitest';
import { resolveOptions } from './settings.js';

const region = 'eu-west-1';
const fargate = { launchType: 'fargate' } as const;

it.each([
  [{ region: undefined, environment: {} }, 'fleet.region: missing'],
  [{ workers: 0 }, 'fleet.workers: found 0'],
  [{ workers: 2.5 }, 'fleet.workers: found 2.5'],
  [{ instanceType: 'huge' }, 'fleet.instanceType: found "huge"'],
  [{ volumeGigabytes: 10 }, 'fleet.volumeGigabytes: found 10'],
  [{ image: 'ubuntu' }, 'fleet.image: found "ubuntu"'],
  [{ containerImage: 'user:password@registry/x' }, 'fleet.containerImage'],
  [{ cluster: 'a b' }, 'fleet.cluster: found "a b"'],
  [{ repository: 'Team' }, 'fleet.repository: found "Team"'],
  [{ vpc: 'default' }, 'fleet.vpc: found "default"'],
  [{ subnets: [] }, 'fleet.subnets: found an empty list'],
  [{ vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] }, 'fleet.vpc'],
  [{ taskRole: 'my-role' }, 'fleet.taskRole: found "my-role"'],
  [{ executionRole: 'my-role' }, 'fleet.executionRole: found "my-role"'],
  [{ access: 'tls' }, 'fleet.access: found "tls"'],
  [{ access: 'session-manager', allowedAddresses: ['203.0.113.0/24'] }, 'fleet.allowedAddresses'],
  [{ access: 'http', uiPort: 5557 }, 'fleet.uiPort: found 5557'],
  [{ logRetentionDays: 2 }, 'fleet.logRetentionDays: found 2'],
  [{ timeToLive: '25h' }, 'fleet.timeToLive'],
  [{ launchType: 'lambda' }, 'fleet.launchType'],
  [{ vcpus: 2 }, 'fleet.vcpus: has a meaning only with launchType: fargate'],
  [{ assignPublicIp: true }, 'fleet.assignPublicIp: has a meaning only with launchType: fargate'],
  [{ ...fargate, vcpus: 3 }, 'fleet.vcpus: found 3'],
  [
    { ...fargate, vcpus: 8, memoryGigabytes: 18 },
    'fleet.memoryGigabytes: found 18, must be 16 to 60 in steps of 4',
  ],
  [
    { ...fargate, vcpus: 1, memoryGigabytes: 0.5 },
    'fleet.memoryGigabytes: found 0.5, must be 2 to 8 with 1 vCPU',
  ],
  [{ ...fargate, vcpus: 0.25, memoryGigabytes: 4 }, 'must be 0.5, 1 or 2 with 0.25 vCPUs'],
  [{ ...fargate, memoryGigabytes: 4.5 }, 'fleet.memoryGigabytes'],
  [{ ...fargate, instanceType: 'c7i.large' }, 'fleet.instanceType: has a meaning only with launchType: ec2'],
  [
    { ...fargate, keyPair: 'mine', endFromOutside: 'always' },
    'fleet.keyPair: has a meaning only with launchType: ec2\nfleet.endFromOutside',
  ],
])('says in one message what is wrong with %j', (options, says) => {
  const resolve = () => resolveOptions({ region, ...options } as never);
  expect(resolve).toThrow(says);
  try {
    resolve();
  } catch (error) {
    expect(isLoadwrightError(error) && error.code).toBe('CONFIG_INVALID');
  }
});

it('counts one master that is never spare capacity, and the workers', () => {
  expect(resolveOptions({ region })).toMatchObject({
    instanceType: 't3.large',
    uiPort: 8089,
    repository: 'loadwright',
    isOwnRepository: false,
    machines: { onDemand: 5, spot: 0 },
  });
  expect(resolveOptions({ region, workers: 50, spot: true }).machines).toEqual({ onDemand: 1, spot: 50 });
});

it('gives tasks on Fargate the least memory of their size, and no end from outside', () => {
  expect(resolveOptions({ region, ...fargate })).toMatchObject({
    vcpus: 2,
    memoryGigabytes: 4,
    endFromOutside: 'never',
  });
  expect(resolveOptions({ region, ...fargate, vcpus: 16 }).memoryGigabytes).toBe(32);
  expect(resolveOptions({ region, ...fargate, vcpus: 0.25 }).memoryGigabytes).toBe(0.5);
});
