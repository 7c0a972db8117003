import { expect, it } from 'vitest';
import { ec2 } from './kind.js';
import { ec2FleetOptionsSchema } from './options.js';
import { ec2Kind } from './settings.js';

it('each flag sets an option that the fleet has, and the name is the one on its resources', () => {
  expect(ec2.kind).toBe(ec2Kind);
  expect(Object.keys(ec2FleetOptionsSchema.shape)).toEqual(
    expect.arrayContaining(ec2.flags.map(({ option }) => option)),
  );
});
