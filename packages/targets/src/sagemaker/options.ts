import {
  durationSchema,
  goodputSchema,
  maxAnswerBytesSchema,
  payloadSourceSchema,
  responseCheckSchema,
  tlsOptionsSchema,
} from '@loadwright/core/target';
import { z } from 'zod';
import { asyncSchema } from './async/options.js';
import { checkCombinations } from './option-combinations.js';

/** AWS's own pattern for names of endpoints and variants. */
const name = z
  .string()
  .regex(
    /^(?=.{1,63}$)[a-zA-Z0-9](-*[a-zA-Z0-9])*$/,
    'must be 1 to 63 letters, digits and hyphens, without a hyphen at either end',
  );

/** What may stand in a request header. */
const headerValue = z
  .string()
  .regex(/^[\x21-\x7e]([\x20-\x7e]{0,1022}[\x21-\x7e])?$/, 'must be 1 to 1024 printable ASCII characters');

/** Each has a row in every report; `_MOST_MODELS` of `sagemaker_models.py` is the same. */
const mostModels = 100;

const secret = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
  .meta({ writeOnly: true });

const credentials = z.strictObject({
  accessKeyId: secret.describe('access key id of static credentials'),
  secretAccessKey: secret.describe('secret access key of static credentials'),
  sessionToken: secret.optional().describe('session token, when the credentials are temporary'),
});

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((url) => URL.canParse(url) && /^\/?$/.test(restOf(url)), 'must have no path, query or user');

export const sagemakerOptionsSchema = z
  .strictObject({
    endpointName: name.describe('name of the real-time endpoint'),
    region: z
      .string('must be given: the AWS region of the endpoint, such as eu-west-1')
      .regex(
        /^(?:(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-iso[bef]?)?|eusc-de)-[a-z]+-\d$/,
        'must be an AWS region such as eu-west-1 (of aws, aws-cn, aws-us-gov, aws-eusc or an aws-iso partition)',
      )
      .describe('AWS region of the endpoint, such as eu-west-1'),
    payloads: payloadSourceSchema.describe('where request bodies come from'),
    contentType: headerValue
      .default('application/json')
      .describe('Content-Type of payloads that have none of their own'),
    accept: headerValue.optional().describe('Accept: the format of the answer that is asked for'),
    targetModel: headerValue
      .optional()
      .describe('the model of a multi-model endpoint, such as customer17.tar.gz'),
    targetModels: z
      .record(headerValue, z.number().positive())
      .refine((models) => Object.keys(models).length >= 1 && Object.keys(models).length <= mostModels, {
        error: `must hold 1 to ${mostModels} models`,
      })
      .optional()
      .describe(
        'models of a multi-model endpoint with their weights, such as { "a.tar.gz": 9, "b.tar.gz": 1 }: one of them is ' +
          'drawn for each request, and each has statistics under its own name',
      ),
    targetModelFrom: z
      .string()
      .regex(/^(\/([^~]|~[01])*)$/, 'must be a JSON Pointer (RFC 6901) to a member, such as /model')
      .optional()
      .describe(
        'JSON Pointer of the member of each payload that names its model of a multi-model endpoint, such as /model. It is taken ' +
          `out of the body, and each model, ${mostModels} at most, has statistics under its own name`,
      ),
    targetVariant: name.optional().describe('the production variant. Default: the endpoint divides the load'),
    customAttributes: headerValue
      .optional()
      .describe('X-Amzn-SageMaker-Custom-Attributes, handed to the model as it is'),
    targetContainer: name
      .optional()
      .describe('the container of a multi-container endpoint, by its host name'),
    sessionId: z
      .string()
      .max(256)
      .regex(
        /^(NEW_SESSION|[a-zA-Z0-9](-*[a-zA-Z0-9])*)$/,
        'must be 1 to 256 letters, digits and hyphens, without a hyphen at either end, or NEW_SESSION',
      )
      .optional()
      .describe('the session of a stateful model, the same for all requests'),
    stream: z
      .boolean()
      .default(false)
      .describe(
        'call InvokeEndpointWithResponseStream, and read the answer event by event. Payloads ask the model for it ' +
          'in their own way, often with stream: true',
      ),
    openai: z
      .boolean()
      .default(false)
      .describe(
        'call the OpenAI-compatible route of the endpoint, /openai/v1/chat/completions, with a bearer token that is made of the ' +
          'AWS credentials. Payloads are bodies of chats; those with stream: true are answered with a stream',
      ),
    async: asyncSchema
      .optional()
      .describe(
        'call InvokeEndpointAsync: a request has succeeded when its result is in S3. Only for endpoints with AsyncInferenceConfig',
      ),
    goodput: goodputSchema
      .optional()
      .describe('limits that a streamed answer must meet together to count in the metric goodput'),
    inferenceComponent: name.optional().describe('the inference component of the endpoint'),
    inferenceId: z
      .string()
      .regex(
        /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,31}$/,
        'must be 1 to 32 letters, digits and . _ -, a letter or digit first',
      )
      .optional()
      .describe(
        'beginning of the inference ids: each request carries one of its own, by which its data capture and its failure samples belong ' +
          'together. Default: none',
      ),
    requestName: z
      .string()
      .min(1)
      .max(100)
      .default('invoke')
      .describe('fixed name of the requests in statistics and thresholds'),
    timeout: durationSchema()
      .default('70s')
      .describe('time until an unanswered request fails. SageMaker itself gives a model 60 s'),
    maxBodyBytes: z
      .int()
      .min(1)
      .default(6 * 1024 * 1024)
      .describe(
        'longest body that the endpoint takes, in bytes: longer payloads are refused before the load. Of a serverless endpoint 4194304',
      ),
    maxAnswerBytes: maxAnswerBytesSchema(),
    expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
    tls: tlsOptionsSchema.optional().describe('certificate authority and client certificate'),
    baseUrl: baseUrl
      .optional()
      .describe("base URL to use instead of the region's own: a VPC endpoint, or an emulator"),
    s3BaseUrl: baseUrl
      .optional()
      .describe("base URL of S3, for async, instead of the region's own: a VPC endpoint, or an emulator"),
    fips: z.boolean().default(false).describe('use the FIPS 140 endpoint of the region'),
    accountId: z
      .string()
      .regex(/^\d{12}$/, 'must be 12 digits')
      .optional()
      .describe("account of the endpoint, for the ARN in the nodes' IAM policy. Default: any account"),
    profile: z
      .string()
      .min(1)
      .optional()
      .describe('profile of the AWS configuration files. Default: the variable AWS_PROFILE'),
    credentials: credentials
      .optional()
      .describe("static credentials. Default: the AWS SDK's own chain (variables, profile, role, …)"),
  })
  .superRefine(checkCombinations);

export type SagemakerInput = z.input<typeof sagemakerOptionsSchema>;
export type SagemakerOptions = z.output<typeof sagemakerOptionsSchema>;

/** Everything of a URL but scheme and address. */
function restOf(url: string): string {
  const { username, password, pathname, search, hash } = new URL(url);
  return username + password + pathname + search + hash;
}
