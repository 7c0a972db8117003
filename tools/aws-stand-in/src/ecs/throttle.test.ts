import { expect, it } from 'vitest';
import { Throttle } from './throttle.js';

const onFargate = { launchType: 'FARGATE' };

it.each([
  ['CreateCluster', {}, 20, 1],
  ['RegisterTaskDefinition', {}, 20, 1],
  ['DeleteTaskDefinitions', {}, 5, 1],
  ['CreateService', {}, 50, 5],
  ['RegisterContainerInstance', {}, 200, 120],
  ['SubmitTaskStateChange', {}, 200, 120],
  ['DescribeClusters', {}, 50, 20],
  ['DescribeTasks', {}, 100, 20],
  ['RunTask', {}, 100, 40],
  ['RunTask', onFargate, 20, 20],
  // Tasks count as well as calls.
  ['RunTask', { ...onFargate, count: 10 }, 10, 2],
  ['RunTask', { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }], count: 5 }, 20, 4],
] as const)('takes of %s with %j so many calls at once, then so many a second', (action, input, ...rates) => {
  let time = 0;
  const throttle = new Throttle(() => time);
  const taken = () => Array.from({ length: 300 }, () => throttle.takes(action, input)).filter(Boolean).length;
  const atOnce = taken();
  time = 1000;
  expect([atOnce, taken()]).toEqual(rates);
});
