import { durationSchema, formatDuration, secondsOf } from '@loadwright/core/fleet';
import { z } from 'zod';
import { environmentSchema } from '../environment.js';
import { accesses } from './access.js';
import { longestSilenceSeconds } from './machine/timers.js';

/** Without `forceTimeToLive`. */
const longestTimeToLiveSeconds = 24 * 3600;

/** Also when other fields are wrong: everything is reported at once. */
export const always = ({ value }: { value: unknown }) => typeof value === 'object' && value !== null;

/** An id of AWS, such as `subnet-0123456789abcdef0`. */
export const identifier = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `must be an id such as ${prefix}-0123456789abcdef0`);

const cidr = z.union([z.cidrv4(), z.cidrv6()], {
  error: 'must be a range of addresses such as 203.0.113.7/32 or 2001:db8::/64',
});

/** Limits of https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html; 50 a resource; Loadwright sets 14 on a machine. */
const tags = z
  .record(
    z.string().regex(/^(?!aws:)(?!loadwright:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu, {
      error:
        'a key holds at most 128 letters, digits, blanks and _ . : / = + - @, and begins neither with aws: nor with loadwright:',
    }),
    z
      .string()
      .regex(
        /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u,
        'must hold at most 256 letters, digits, blanks and _ . : / = + - @',
      ),
  )
  .refine(
    (record) => Object.keys(record).length <= 36,
    'must hold at most 36 tags: AWS allows 50, and Loadwright sets 14',
  )
  .refine(
    (record) => Object.keys(record).every((key) => key.toLowerCase() !== 'name'),
    'must not hold the key Name, in whatever case: Loadwright sets it, and IAM knows no case',
  )
  .refine((record) => {
    const keys = Object.keys(record).map((key) => key.toLowerCase());
    return new Set(keys).size === keys.length;
  }, 'must not hold keys that differ in case alone: IAM takes them for one');

/**
 * Of the other partitions of AWS not all is known to be right: names of services in policies, addresses of services,
 * images, prices.
 */
const otherPartition = /^(cn|us-gov|us-iso[a-z]*|eu-iso[a-z]*|eusc)-/;

/** A region of the commercial partition, `aws`. */
export const regionSchema = z
  .string()
  .regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'must be a region such as eu-west-1')
  .refine(
    (region) => !otherPartition.test(region),
    'must be a region of the partition aws; those of China, of GovCloud, and isolated or sovereign ones are not supported',
  );

/** Options that every fleet on AWS has. */
export const sharedFields = {
  region: regionSchema.optional().describe('AWS region. Variable: AWS_REGION, or AWS_DEFAULT_REGION.'),
  profile: z
    .string()
    .min(1)
    .optional()
    .describe('Profile of the AWS configuration files. Variable: AWS_PROFILE.'),
  permissionsBoundary: z
    .string()
    .regex(/^arn:aws:iam::\d{12}:policy\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of a managed policy')
    .optional()
    .describe(
      "ARN of the managed policy that limits the machine's role; that of the account by default, if it has one, see the permissions.",
    ),
  owner: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,15}$/,
      'must be 1 to 16 lower-case letters, digits and hyphens, and begin with a letter',
    )
    .optional()
    .describe(
      'A name below which secrets and roles are made, such as yours or a team’s: the permissions for an owner reach those of no other.',
    ),
  access: z
    .enum(accesses)
    .optional()
    .describe(
      'How the web UI is reached: session-manager, through a port forward with no port open; https, at the public address, with a certificate that the machine makes and only that is taken; http, there too, readable on the way. By default session-manager where the AWS CLI and its plugin are on this machine and you may open sessions, otherwise https.',
    ),
  allowedAddresses: z
    .array(cidr)
    .min(1)
    .max(20)
    .optional()
    .describe("Who may reach the web UI, as CIDR ranges; the caller's own address by default."),
  tags: tags.default({}).describe('Tags of your own for everything that is made.'),
  timeToLive: durationSchema()
    .default('2h')
    .describe(
      'When the machine ends itself, and a schedule of AWS after it (endFromOutside): at most 24h, unless forceTimeToLive.',
    ),
  endFromOutside: z
    .enum(['if-permitted', 'always', 'never'])
    .default('if-permitted')
    .describe(
      'A schedule of Amazon EventBridge that ends the machine 2 minutes after its own timer should have. if-permitted: with a warning where it may not be made, and with an instanceProfile of yours not at all.',
    ),
  forceTimeToLive: z.boolean().default(false).describe('Allow a timeToLive of more than 24h.'),
  startTimeout: durationSchema()
    .refine((text) => secondsOf(text) <= longestSilenceSeconds(), {
      error: () =>
        `must be at most ${formatDuration(longestSilenceSeconds())}: a machine whose web UI has not answered for that long ends itself`,
    })
    .default('10m')
    .describe(
      'How long the machine may take from its start until its master answers; its workers then have 2 minutes to connect.',
    ),
  stateDirectory: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Folder of the journals of what was made; the user's data folder by default. Variable: LOADWRIGHT_STATE_DIR.",
    ),
  endpoint: z
    .url()
    .optional()
    .describe('Base URL of all AWS services, for a stand-in of AWS. Variable: AWS_ENDPOINT_URL.'),
  environment: environmentSchema,
};

/** Them, valid, with what some kinds have besides. */
export interface SharedOptions extends z.output<z.ZodObject<typeof sharedFields>> {
  readonly uiPort?: number | undefined;
  readonly securityGroup?: string | undefined;
  readonly instanceProfile?: string | undefined;
}

/** What must be true of them together, of the options of any fleet on AWS. */
export function withSharedRules<Schema extends z.ZodType<SharedOptions>>(schema: Schema): Schema {
  return schema
    .refine(
      ({ access, allowedAddresses }) => access !== 'session-manager' || allowedAddresses === undefined,
      {
        path: ['allowedAddresses'],
        error: 'has a meaning only when access is https or http',
        when: always,
      },
    )
    .refine(
      ({ securityGroup, allowedAddresses }) => securityGroup === undefined || allowedAddresses === undefined,
      {
        path: ['allowedAddresses'],
        error: 'has no meaning with a securityGroup of yours, which is used as it is',
        when: always,
      },
    )
    .refine(
      ({ instanceProfile, permissionsBoundary }) =>
        instanceProfile === undefined || permissionsBoundary === undefined,
      {
        path: ['permissionsBoundary'],
        error: 'has no meaning with an instanceProfile of yours, whose role is used as it is',
        when: always,
      },
    )
    .refine(
      ({ timeToLive, forceTimeToLive }) =>
        forceTimeToLive || secondsOf(timeToLive) <= longestTimeToLiveSeconds,
      {
        path: ['timeToLive'],
        error: `must be at most ${formatDuration(longestTimeToLiveSeconds)}, because a forgotten machine costs money; forceTimeToLive: true allows more`,
        when: always,
      },
    );
}
