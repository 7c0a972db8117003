import { durationSchema } from '@loadwright/core/target';
import { z } from 'zod';

/** How the emulated endpoint scales: each instance has the capacity that the other options say. */
export const scalingOptionsSchema = z.strictObject({
  instances: z.int().min(1).max(1000).default(1).describe('instances at the start'),
  startTime: durationSchema().default('5m').describe('from the decision to an instance that serves'),
  stopTime: durationSchema().default('1m').describe('from the decision to fewer instances'),
  publication: durationSchema({ allowZero: true })
    .default('2m')
    .describe('from the end of a point of one minute to when alarms see it'),
  timeScale: z
    .number()
    .min(1)
    .max(10_000)
    .default(1)
    .describe('seconds of the service in one of this machine: service times are divided by it, too'),
  inferenceComponent: z
    .string()
    .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/, 'must be a name of letters, digits and hyphens')
    .optional()
    .describe(
      'its copies scale in place of instances, and requests must name it. Default: the variant has no components',
    ),
  managedInstanceScaling: z
    .boolean()
    .default(false)
    .describe('whether the variant says that managed instance scaling is on'),
});

export type ScalingOptions = z.output<typeof scalingOptionsSchema>;
