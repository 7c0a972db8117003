import { z } from 'zod';
import { tolerableRuleIds } from '../judge/validity/ids.js';
import { durationSchema } from '../values/duration.js';

/** Name of a test: it becomes the name of a folder. */
export const nameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, underscores or hyphens',
  );

/** Load-generating processes. A Locust master serves a thousand workers with a third of a core. */
export const workersSchema = z.int().min(1).max(1000);

/** Base URLs that tests on one fleet may have. */
export const hostsSchema = z
  .array(
    z
      .url({ protocol: /^https?$/, error: 'must be a base URL such as https://chord.example' })
      .refine((text) => !/[?#]/.test(text), 'must not hold a query or fragment')
      .transform((text) => text.replace(/\/+$/, '')),
  )
  .max(100)
  .refine((list) => new Set(list).size === list.length, 'must hold distinct URLs')
  .describe(
    'base URLs that a test on a deployed fleet may have in place of that of target, credentials included; a fleet refuses any other',
  );

/** How the one request before the load is made. */
export const preflightSchema = z.strictObject({
  waitUpTo: durationSchema({ allowZero: true })
    .optional()
    .describe('how long to ask a service again that is starting, such as 10m. Default: not at all'),
});

/** Rules of validity that only warn: nobody may leave one out without saying why. */
export const tolerateSchema = z.partialRecord(
  z.enum(tolerableRuleIds as [(typeof tolerableRuleIds)[number], ...typeof tolerableRuleIds]),
  z.string().trim().min(1).describe('why: the report shows it'),
);

/** The folder of all results. */
export const resultsSchema = z
  .string()
  .min(1)
  .refine((text) => !text.includes('://'), 'must be the path of a folder, not a URL');
