import { expect, it } from 'vitest';
import { sagemakerEmulator } from '../emulator.js';
import { EmulatedServerless } from './emulated-serverless.js';

const capacity = {
  port: 0,
  concurrency: 2,
  serviceTime: '1s',
  distribution: 'constant',
  queueLimit: 9,
  seed: 1,
} as const;
const serverless = new EmulatedServerless({ ...capacity, coldStart: '10s', keepWarm: '60s' });

it('starts cold for each request that finds nothing warm, up to MaxConcurrency', () => {
  const seconds = (at: number) => {
    const { due, setup } = serverless.admit(at * 1000) ?? {};
    return due === undefined ? undefined : [due / 1000, setup === undefined ? undefined : setup / 1000];
  };
  expect(seconds(0)).toEqual([11, 10]);
  expect(seconds(5)).toEqual([16, 10]);
  // No request waits.
  expect(seconds(6)).toBeUndefined();
  expect(seconds(11)).toEqual([12, undefined]);
  // The one that was last used at 16 s is still warm, the other one is not.
  expect(seconds(75)).toEqual([76, undefined]);
  expect(seconds(75)).toEqual([86, 10]);
});

it('has no instances that could scale', async () => {
  const { issues } = await sagemakerEmulator.options['~standard'].validate({ scaling: {}, serverless: {} });
  expect(issues).toMatchObject([
    { path: ['serverless'], message: expect.stringContaining('scaling') as string },
  ]);
});
