import { durationSchema, parseDuration } from '@loadwright/core/target';
import { z } from 'zod';

/** Bucket and key prefix, as S3 allows them, without characters that a signature writes differently. */
const location = z
  .string()
  .regex(
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/(?:[\w!.*'()-]+\/)*[\w!.*'()-]*$/,
    "must be s3://bucket/prefix/, of letters, digits and _ ! . * ' ( ) -",
  );

function between(least: string, most: string) {
  const [low, high] = [parseDuration(least)!, parseDuration(most)!];
  return durationSchema().refine(
    (text) => parseDuration(text)! >= low && parseDuration(text)! <= high,
    `must be ${least} to ${most}`,
  );
}

/** The limits are those of InvokeEndpointAsync. */
export const asyncSchema = z
  .strictObject({
    inputPrefix: location
      .refine((text) => text.endsWith('/') && text.split('/').length > 4, {
        error: 'must name a folder of the bucket that is used for nothing else, with a slash at its end',
      })
      .optional()
      .describe(
        'folder in S3, s3://bucket/folder/, that Loadwright puts the payloads into before the load and removes them from ' +
          'after it. Default: each payload travels in its request, up to 128,000 bytes',
      ),
    inputLocations: z
      .boolean()
      .default(false)
      .describe('the payloads are locations of inputs that lie in S3 already, s3://bucket/input.json'),
    outputPath: location
      .optional()
      .describe(
        "S3OutputPath of the endpoint's configuration, and what its S3FailurePath begins with too: for the permissions alone. " +
          'Default: any bucket',
      ),
    pollInterval: between('200ms', '60s')
      .default('1s')
      .describe('pause between two lists of results: so much later than it came a result may be seen'),
    removeOutputs: z
      .boolean()
      .default(false)
      .describe('remove results and failures from S3 once they were seen. Default: they stay, and are yours'),
    requestTtl: between('60s', '6h')
      .optional()
      .describe('how long a request may wait in the queue. Default: that of SageMaker, 6 hours'),
    invocationTimeout: between('1s', '1h')
      .optional()
      .describe('how long the model may take. Default: that of SageMaker, 15 minutes'),
  })
  .refine(({ inputPrefix, inputLocations }) => !(inputLocations && inputPrefix !== undefined), {
    error: 'has no effect beside inputPrefix: give one of the two',
    path: ['inputLocations'],
  });

/** What InvokeEndpointAsync has no parameter for, and what looks into answers that come from S3. */
export const notWithAsync = [
  ...['stream', 'goodput', 'targetModel', 'targetModels', 'targetModelFrom', 'targetVariant'],
  ...['targetContainer', 'inferenceComponent', 'sessionId'],
] as const;
