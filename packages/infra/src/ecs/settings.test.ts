import { isLoadwrightError } from '@loadwright/core/fleet';
import { expect, it } from 'vitest';
import { resolveOptions } from './settings.js';

const region = 'eu-west-1';

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
  [{ access: 'https' }, 'fleet.access: found "https"'],
  [{ allowedAddresses: ['203.0.113.0/24'] }, 'fleet.allowedAddresses'],
  [{ access: 'http', uiPort: 5557 }, 'fleet.uiPort: found 5557'],
  [{ logRetentionDays: 2 }, 'fleet.logRetentionDays: found 2'],
  [{ timeToLive: '25h' }, 'fleet.timeToLive'],
  [{ launchType: 'fargate' }, 'launchType'],
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
